#pragma once
/// @file
/// Variants from VCF/BCF (htslib) and the haplotypes that they make.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::genome {

/// A replacement of `ref` by `alt` at a 0-based position of the + strand of one contig. Both are non-empty
/// uppercase ACGTN.
struct Edit {
  std::int64_t position = 0;
  std::string ref;
  std::string alt;
  bool operator==(const Edit&) const = default;
};

/// A VCF or BCF file, plain, gzip or bgzip; random access where an index (.tbi, .csi) no older than it stands
/// beside it, otherwise read whole once. Not thread-safe: one object a thread.
class VariantFile {
 public:
  static VariantFile open(const std::filesystem::path& path);
  ~VariantFile();
  VariantFile(VariantFile&&) noexcept;
  VariantFile& operator=(VariantFile&&) noexcept;

  const std::vector<std::string>& samples() const noexcept;
  /// Contigs of the header and of the records. A contig that is asked for and not among them has no edits:
  /// compare with the genome's, lest "1" and "chr1" pass for a genome without variants.
  std::vector<std::string> contigs() const;
  /// Edits of one haplotype of one sample that touch [start, end) of a contig, by position, as the file has
  /// them; HaplotypeReader knows the genome, and so symbolic alleles too. Unphased heterozygous genotypes,
  /// symbolic alleles and overlapping edits are InputErrors that name the record. A missing call is taken as
  /// the reference; so is `*`, whose deletion is another record's edit. Records of the last region are kept:
  /// go over samples inside, regions outside.
  /// @param haplotype  0, or 1 for the second of a diploid genotype; a haploid genotype has only 0.
  std::vector<Edit> haplotype_edits(std::string_view contig, std::int64_t start, std::int64_t end,
                                    std::size_t sample, int haplotype) const;
  /// Haplotypes of a sample: 1 or 2, from its first record with a genotype.
  int ploidy(std::size_t sample) const;

 private:
  friend class HaplotypeReader;
  struct Implementation;
  explicit VariantFile(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

/// Applies edits, sorted by position and not overlapping, to the window [start, start + reference.size()) of
/// a contig. Only substitutions, which keep the length: this function refuses others (InputError), as it does
/// a ref that is not there. Of an edit that lies across an end of the window the part inside is made.
/// @param place  what to call the variants in an error.
std::string apply_substitutions(std::string_view reference, std::int64_t start, std::span<const Edit> edits,
                                std::string_view place);

/// A record to write: one line of a VCF with haploid or phased genotypes.
struct VcfRecord {
  std::string contig;
  Edit edit;
  std::string id = ".";
  std::vector<std::string> genotypes;  ///< one a sample ("0", "1", "0|1"); empty when the file has no samples
  std::string info = ".";              ///< as written; its keys are the caller's to declare
};
struct VcfContig {
  std::string name;
  std::int64_t length = 0;
};
/// Writes sorted records, bgzip with a tabix index when the name ends in .gz. Atomic.
/// @param meta  further lines of the header, each from "##" on without its end.
void write_vcf(const std::filesystem::path& path, const std::vector<VcfContig>& contigs,
               const std::vector<std::string>& samples, const std::vector<VcfRecord>& records,
               const std::vector<std::string>& meta = {});

}  // namespace biodta::genome
