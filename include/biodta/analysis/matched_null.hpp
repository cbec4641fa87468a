#pragma once
/// @file
/// Is a gene set's AUROC more than expression alone gives? Targets of a factor are often just genes that are
/// highly expressed, and these move more whatever is mutated.
///
/// The null: within groups of genes that are seen alike (in as many cells, at like ranks), which genes are in
/// the set is chance. Labels are drawn anew within every group, as a stratified permutation test does: the
/// set keeps its size in each. Its P value is exact for that null, P = (1 + draws at least as extreme) / (1 +
/// draws) (Phipson & Smyth 2010). It does not know of genes that move together; set_specificity.hpp does.

#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/gene_covariates.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace biodta::analysis {

struct MatchedNullOptions {
  /// Genes a group holds at least, unless there are fewer in all. Small groups match more closely, and leave
  /// fewer genes to draw from.
  std::size_t group_size = 16;
  std::uint64_t draws = 10000;
  std::uint64_t seed = 1;
  Alternative alternative = Alternative::kGreater;
};

/// One set against sets drawn to match it.
struct MatchedSetTest {
  std::string set;
  std::size_t scored = 0;      ///< genes of the set in the ranking
  std::size_t exchanged = 0;   ///< … in groups that hold genes of the set and others: only these count
  double auroc = 0.0;          ///< of the set against all other scored genes; NaN where either is empty
  double matched_auroc = 0.0;  ///< mean over matched sets, exactly (not of the draws)
  double low = 0.0;            ///< the middle 95 % of the draws
  double high = 0.0;
  double p = 1.0;  ///< by permutation, never 0; NaN where auroc is, or where nothing can be exchanged
  /// By the normal approximation with the permutations' exact mean and variance: for P below what the draws
  /// can show. NaN likewise.
  double p_normal = 1.0;
  double fdr = 1.0;  ///< Benjamini-Hochberg over the sets, of p
};

/// @param covariates  by token; of the cells that the ranking is from.
/// @return one entry a set, in order. The same for the same seed, whatever other sets there are. O(n log² n)
/// to group n genes, and draws × genes of the set.
/// Throws ConfigError for a group_size or draws of 0.
std::vector<MatchedSetTest> test_against_matched_sets(const GeneRanking& ranking,
                                                      std::span<const GeneCovariates> covariates,
                                                      std::span<const GeneSet> sets,
                                                      const MatchedNullOptions& options = {});

/// The group of each gene of the ranking, numbered from 0: halved again and again at the median of detection
/// and mean rank in turn (each as its rank among the scored genes), while both halves hold `group_size`
/// genes.
std::vector<std::size_t> matched_groups(const GeneRanking& ranking,
                                        std::span<const GeneCovariates> covariates, std::size_t group_size);

}  // namespace biodta::analysis
