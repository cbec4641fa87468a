#pragma once
/// @file
/// Mutants of a gene that a VCF gives: each variant of its window alone, or each haplotype. Torch-free.

#include <biodta/analysis/mutant.hpp>
#include <biodta/genome/haplotypes.hpp>
#include <biodta/support/options.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::analysis {

/// What of a VCF is one mutant.
enum class GivenMutantKind { kVariants, kHaplotypes };

struct GivenVariantsOptions {
  std::filesystem::path vcf;  ///< VCF or BCF; empty = random mutants instead
  GivenMutantKind kind = GivenMutantKind::kVariants;
  /// kVariants only: those that touch so many bp around the TSS; 0 = all of the window.
  std::int64_t distance = 0;
  genome::HaplotypeOptions haplotypes;
};
void describe(support::OptionVisitor& visit, GivenVariantsOptions& options);

/// The mutants that a VCF makes of one window. Holds everything it needs; DNA is made when asked for.
class GivenMutants {
 public:
  /// Each allele of each record that changes the window (SNV, indel, symbolic), in the file's order, named by
  /// its ID, or "chr8:11561660:A>C" (1-based) where it has none or another has the same.
  /// @param file  the VCF, for errors. Throws InputError, with the window and the nearest record, where
  /// nothing changes the window; and as HaplotypeReader::single_variants.
  static GivenMutants variants(const genome::HaplotypeReader& reader, const std::filesystem::path& file,
                               const GeneWindow& window, std::int64_t distance = 0);
  /// Each distinct haplotype of the samples that is not the reference, in the order of its first carrier,
  /// which it is named after: "HG00096_1" and "_2", without a number where both are the same. A file without
  /// samples gives one, "all_alternatives", which has the first ALT of every record. Throws as variants().
  static GivenMutants haplotypes(const genome::HaplotypeReader& reader, const std::filesystem::path& file,
                                 const std::vector<std::string>& samples, const GeneWindow& window);

  MutantOrigin origin() const noexcept { return origin_; }
  std::size_t size() const noexcept { return mutants_.size(); }
  const std::string& name(std::size_t mutant) const { return mutants_.at(mutant).name; }
  /// Samples; nothing where the file has no genotypes.
  std::optional<std::uint64_t> carriers(std::size_t mutant) const { return mutants_.at(mutant).carriers; }
  std::vector<genome::Edit> edits(std::size_t mutant) const;
  std::string sequence(std::size_t mutant) const;

 private:
  struct Mutant {
    std::string name;
    std::optional<std::uint64_t> carriers;
    std::size_t distinct = 0;  // of windows_
  };
  GivenMutants(MutantOrigin origin, genome::WindowHaplotypes windows)
      : origin_(origin), windows_(std::move(windows)) {}

  MutantOrigin origin_;
  genome::WindowHaplotypes windows_;
  std::vector<Mutant> mutants_;
};

}  // namespace biodta::analysis
