#pragma once
/// @file
/// Mutants of the DNA around a transcription start site, and what became of them. Torch-free.

#include <biodta/genome/annotation.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/variants.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace biodta::analysis {

/// The DNA that a DNA model sees for a gene: + strand, TSS in the middle.
struct GeneWindow {
  std::string contig;
  std::int64_t contig_length = 0;
  std::int64_t start =
      0;  ///< 0-based contig position of sequence[0]; may be negative where the contig begins later
  std::int64_t tss = 0;  ///< 0-based contig position
  std::string sequence;
};
GeneWindow gene_window(const genome::Genome& genome, const genome::Gene& gene, std::int64_t length);
/// The middle `length` bp of a record whose TSS is at its middle. Throws InputError when the record is
/// shorter.
/// @param file  where the record comes from, for the error.
GeneWindow gene_window(const genome::FastaRecord& record, const std::filesystem::path& file,
                       std::int64_t length);

/// Whether a mutant is still nearest to its own gene, by Euclidean distance in one space.
struct Nearness {
  double own = 0.0;          ///< to its own reference row
  double nearest = 0.0;      ///< to the nearest other gene's reference row
  std::string nearest_gene;  ///< symbol of that gene
  bool kept() const noexcept { return own < nearest; }
};

/// A mutant whose row lies nearer to another gene's than to its own acts as a substitution of genes, not as
/// the same gene with lower expression: to be read beside every result.
struct MutantIdentity {
  Nearness input;    ///< in the model's input space: the bank's rows after the model's fixed map (whitening)
  Nearness adapted;  ///< after the adapter: token embeddings
  bool kept() const noexcept { return input.kept() && adapted.kept(); }
};

/// What the mutants of a search are.
enum class MutantOrigin {
  kRandom,     ///< random mutations around the start site
  kVariants,   ///< each variant of a VCF alone
  kHaplotypes  ///< each haplotype of a VCF that is not the reference
};

/// Which way predicted expression shall go.
enum class MutantDirection { kLower, kRaise };

/// Which of the mutants that go the way asked for are put into cells.
enum class MutantUse {
  kBest,  ///< the one that changes predicted expression most
  kAll,   ///< each of them, one at a time
  kMean   ///< one whose row is the mean of their rows
};

/// How the strength of a mutant is measured.
enum class MutantStrength {
  kExpression,  ///< log of predicted expression over the reference's: signed, in nats
  kRow,         ///< MutantTrial::row_distance: how far the DNA embedding moves
  kToken        ///< distance from its reference after the adapter: how far what the cell model reads moves
};

/// The strength that the mutant of a control shall have: that of the mutant of the gene asked about.
struct StrengthTarget {
  MutantStrength measure = MutantStrength::kExpression;
  double value = 0.0;
  /// The value is of no sign: the gene's mutants go both ways, and so may the control's.
  bool magnitude = false;
};

/// One mutant.
struct MutantTrial {
  std::vector<genome::Edit> edits;
  double expression = 0.0;  ///< predicted by the DNA model
  bool lowers = false;      ///< below the reference's
  bool wanted = false;      ///< goes the way asked for; of a VCF's mutants, each
  /// Of its row from the reference's: the Euclidean distance as a share of the reference row's length, and
  /// 1 - cosine similarity.
  double row_distance = 0.0;
  double row_shift = 0.0;
  std::optional<MutantIdentity> identity;  ///< where a cell model was at hand to say
  std::string name;                        ///< of a VCF's mutant; empty for a random one
  std::optional<std::uint64_t> carriers;   ///< samples of the VCF that carry it; nothing without genotypes
};

/// All mutants made of one gene, and those taken.
struct MutantSearch {
  double reference_expression = 0.0;
  std::vector<MutantTrial> trials;
  /// Index of the trial taken, of several the one that changes expression most; none where no trial goes the
  /// way asked for.
  std::optional<std::size_t> chosen;
  std::vector<float> reference_row;  ///< embedding of the window as it is, [embedding size]
  /// … of the chosen mutant, or the mean of those used (MutantUse::kMean); empty when none.
  std::vector<float> mutant_row;

  MutantOrigin origin = MutantOrigin::kRandom;
  MutantDirection direction = MutantDirection::kLower;  ///< of random mutants
  MutantUse use = MutantUse::kBest;
  /// Trials put into cells, ascending: the chosen one, or under kAll and kMean all that qualify.
  std::vector<std::size_t> used;
  std::vector<std::vector<float>> used_rows;  ///< their embeddings, in the order of `used`
  std::optional<MutantIdentity> identity;     ///< of mutant_row
  /// Mutants that stay themselves were to be preferred, but none of those that go the way asked for does.
  bool identity_given_up = false;

  std::optional<StrengthTarget> target;  ///< of a control's mutant: the strength that it shall have

  /// Trials whose identity is known and kept.
  std::size_t kept_identity() const noexcept;
};

/// Of rows of one size, at least one; summed in double, since mutants differ little.
std::vector<float> mean_row(std::span<const std::vector<float>> rows);

/// One base of the window changed.
struct SaturationEffect {
  genome::Edit edit;
  double expression = 0.0;  ///< predicted by the DNA model
  double shift = 0.0;       ///< of the embedding: 1 − cosine similarity with the reference's
};

/// Every base around a TSS changed to each of the three others, one at a time.
struct SaturationScan {
  double reference_expression = 0.0;
  std::vector<SaturationEffect> effects;  ///< by position, then in the order A, C, G, T
};

/// Expression that the DNA model predicts along a window, the mean over the tracks read.
struct WindowTrack {
  std::int64_t first = 0;     ///< where the first bin begins, in bp from the TSS
  std::int64_t bin_size = 0;  ///< bp
  /// Bins that are summed as the gene's expression: [summed_first, summed_end) in bp from the TSS; empty
  /// where that is not known.
  std::int64_t summed_first = 0;
  std::int64_t summed_end = 0;
  std::vector<double> reference;  ///< [bins]
  std::vector<double> mutant;     ///< [bins] of the chosen mutant
};

}  // namespace biodta::analysis
