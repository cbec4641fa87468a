#pragma once
/// @file
/// How much is seen of each gene in the cells that are asked about: what a fair comparison holds equal.

#include <biodta/cells/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace biodta::analysis {

/// One gene over some cells.
struct GeneCovariates {
  std::uint64_t cells = 0;  ///< in which the gene is expressed (detection)
  /// Mean over these cells of (position + 0.5) / length, the position being 0 for the gene that ranks highest
  /// in its cell: 0 = always first, 1 = always last. NaN where cells is 0.
  double mean_rank = 0.0;
};

/// @param cells  each cell's genes, highest rank first, as data::BatchBuilder::tokens_of and the corpus give
/// them; special tokens among them are genes of nobody and harm nothing.
/// @return [token_count], by token. One pass over the tokens.
std::vector<GeneCovariates> gene_covariates(std::span<const std::span<const cells::TokenId>> cells,
                                            std::size_t token_count);

/// Genes that are seen as much as `gene` is: the `count` of `candidates` nearest to it in detection and mean
/// rank, each taken as its rank among the candidates so that both weigh alike; nearest first, ties by token.
/// Fewer where there are fewer. The gene itself and candidates seen in no cell are never among them.
///
/// For the null of other genes' mutations: a transcription factor of low rank against housekeeping genes of
/// high rank compares ranks, not genes. With covariates of the cells that are perturbed, which all hold the
/// gene, these are genes of like rank in nearly all of them, so that their tables rest on as many cells.
std::vector<cells::TokenId> matched_genes(std::span<const GeneCovariates> covariates, cells::TokenId gene,
                                          std::span<const cells::TokenId> candidates, std::size_t count);

}  // namespace biodta::analysis
