#pragma once
/// @file
/// Rank values of corpus cells, from the count files that the corpus was made of. Torch-free.

#include <biodta/cells/corpus.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// Which counts, and how they are read: as the corpus was tokenized from them.
struct RankValueOptions {
  std::vector<std::filesystem::path> counts;  ///< files and folders of them, as TokenizeOptions::inputs
  std::string matrix = "auto";                ///< cells::CountSourceOptions::matrix
  std::filesystem::path gene_symbols;         ///< symbols and Ensembl ids, TSV; empty = none
  bool allow_non_integer = false;             ///< counts may be fractions
};
void describe(support::OptionVisitor& visit, RankValueOptions& options);

/// What orders the genes of some cells: count / median of each, a double a token of these cells and nothing
/// of any other. Immutable once made; safe to share.
class RankValues {
 public:
  /// Finds the cells by their ids and reads these alone, file by file, in blocks. A cell is looked for in the
  /// files that are called as the one it comes from (Corpus::provenance), so that two files may use the same
  /// barcodes; where none is, in all of them.
  /// @param cells  indices in the corpus, ascending.
  /// Throws InputError for a cell that is in no file or in several places, and for one whose genes the counts
  /// put in another order than the corpus does; ConfigError without a file.
  RankValues(const cells::Corpus& corpus, std::span<const std::uint32_t> cells,
             const RankValueOptions& options, support::Reporter& reporter);

  /// Values of genes of a cell, in the order of `tokens`. Throws Error for a cell or gene that was not read.
  std::vector<double> values(std::uint32_t cell, std::span<const cells::TokenId> tokens) const;

 private:
  std::vector<std::uint32_t> cells_;    // ascending
  std::vector<std::uint64_t> offsets_;  // [cells + 1]
  std::vector<cells::TokenId> tokens_;  // genes of each cell, ascending …
  std::vector<double> values_;          // … and their values
};

}  // namespace biodta::pipeline
