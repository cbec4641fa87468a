#pragma once
/// @file
/// Which cells of a corpus a perturbation is tried on, or are embedded.

#include <biodta/cells/corpus.hpp>
#include <biodta/data/packed_batch.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace biodta::analysis {

struct CellSelectionOptions {
  /// Filters `column=value` on obs. Several on one column: any of them; on several columns: all of them.
  std::vector<std::string> filters;
  std::int64_t max_cells = 120;  ///< drawn at random when there are more; 0 = all
  std::int64_t seed = 0;
  bool with_genes_only = true;  ///< else cells are taken whether they hold the genes or not
};

struct CellSelection {
  std::vector<std::uint32_t> cells;  ///< chosen: pass the filters and, where asked, hold the genes; ascending
  std::uint64_t passed = 0;          ///< cells that pass the filters
  std::uint64_t with_gene = 0;       ///< of these, how many hold the genes
};

/// Corpus indices of the cells that pass the filters, ascending. Throws ConfigError for a filter that is no
/// `column=value`, an unknown column (listing the columns), or a value that no cell has (listing the values).
std::vector<std::uint32_t> filter_cells(const cells::Corpus& corpus, const std::vector<std::string>& filters);

/// Cells that pass the filters, at most max_cells of them, ascending. The draw depends on (seed, candidates)
/// alone.
std::vector<std::uint32_t> select_cells(const cells::Corpus& corpus, const CellSelectionOptions& options);

/// Cells among whose tokens, as the model sees them, are all of the genes. The draw depends on (seed, genes,
/// candidates) alone. Throws InputError, with the counts, when no cell is left.
/// @param builder  of the run: what a cell's tokens are after rowless genes and the length limit.
/// @param genes    at least one.
CellSelection select_cells(const cells::Corpus& corpus, const data::BatchBuilder& builder,
                           std::span<const cells::TokenId> genes, const CellSelectionOptions& options);

}  // namespace biodta::analysis
