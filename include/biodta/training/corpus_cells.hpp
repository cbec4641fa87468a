#pragma once
/// @file
/// Which cells of a corpus a run learns from, which it is tested on, and in which context each of them is
/// read.

#include <biodta/cells/corpus.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/support/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::training {

struct HeldOutOptions {
  double share = 0.05;              ///< of the cells, drawn at random; used where `column` is empty; 0 = none
  std::string column;               ///< obs column that says which cells are held out, for example "donor"
  std::vector<std::string> values;  ///< of that column
  std::int64_t max_cells = 10000;   ///< evaluated on at most so many of them, drawn at random; 0 = all
  std::int64_t seed = 0;            ///< of both draws
};
void describe(support::OptionVisitor& visit, HeldOutOptions& options);

/// Corpus indices, ascending. Cells without a token are in neither.
struct CellSplit {
  std::vector<std::uint32_t> training;
  std::vector<std::uint32_t> evaluation;  ///< held-out cells that are evaluated on
  std::size_t held_out = 0;               ///< all held-out cells
};
/// Throws ConfigError for an unknown column or value, and when nothing is left to train on.
CellSplit split_cells(const cells::Corpus& corpus, const HeldOutOptions& options);

/// Each cell's context in a bank, by an obs column whose values are the bank's context names.
struct CellContexts {
  std::vector<embedding::ContextIndex> of_cell;  ///< [cells of the corpus]
  std::uint64_t without = 0;  ///< cells that are read in the reference: their value names no context
};
/// Throws ConfigError when the column is missing or not text, or when none of its values names a context.
/// @param setting  that names the column, for the error.
CellContexts contexts_of_cells(const cells::Corpus& corpus, const embedding::EmbeddingBank& bank,
                               std::string_view setting, const std::string& column);

}  // namespace biodta::training
