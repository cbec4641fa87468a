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

/// One random mutant.
struct MutantTrial {
  std::vector<genome::Edit> edits;
  double expression = 0.0;  ///< predicted by the DNA model
  bool lowers = false;      ///< below the reference's
};

/// All mutants made of one gene, and the one taken.
struct MutantSearch {
  double reference_expression = 0.0;
  std::vector<MutantTrial> trials;
  std::optional<std::size_t> chosen;  ///< index of the trial taken; none where no trial lowers
  std::vector<float> reference_row;   ///< embedding of the window as it is, [embedding size]
  std::vector<float> mutant_row;      ///< … of the chosen mutant; empty when none
};

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
};

}  // namespace biodta::analysis
