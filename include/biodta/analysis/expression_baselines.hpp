#pragma once
/// @file
/// What one would predict without a model, from the same cells: genes that are expressed together with the
/// perturbed gene, and genes that are highly expressed. Rankings like those of shifts, for the same tables.
///
/// Expression is what the rank-encoded corpus tells, not counts: in a cell of L genes the gene at position p
/// (0 = ranked highest) has the value L - p, an absent gene 0. Genes that the cut to the model's length left
/// out count as absent. Special tokens, if cells hold any, are ranked as genes are.

#include <biodta/analysis/evaluation.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace biodta::analysis {

/// Genes by the absolute value of Spearman's correlation (average ranks for ties, as SciPy's spearmanr) of
/// their value with that of `gene`, over all `cells`; RankedGene::mean_shift is that, standard_deviation NaN.
/// A gene that has one value in all cells is correlated with nothing: 0.
/// @param min_cells  genes in fewer of the cells are not ranked.
/// @return without `gene`. Empty where `gene` itself has one value in all cells, as in no cell or one.
/// O(tokens log cells). Throws Error for a token >= token_count.
GeneRanking coexpression_ranking(std::span<const std::span<const cells::TokenId>> cells, cells::TokenId gene,
                                 std::size_t token_count, std::uint64_t min_cells);

/// Genes by their mean expression rank: the mean over all cells of value / L, absent cells being 0.
/// @return without `gene`, as above.
GeneRanking expression_ranking(std::span<const std::span<const cells::TokenId>> cells, cells::TokenId gene,
                               std::size_t token_count, std::uint64_t min_cells);

}  // namespace biodta::analysis
