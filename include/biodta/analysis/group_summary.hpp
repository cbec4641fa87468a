#pragma once
/// @file
/// A gene set's AUROC in each group of cells (donor, region), and over groups. Cells of one donor are no
/// independent evidence; donors are.

#include <biodta/analysis/auroc.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/random_effects.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace biodta::analysis {

/// Mean shifts over the cells of one group.
struct GroupRanking {
  std::string group;        ///< value of the obs column
  std::uint64_t cells = 0;  ///< perturbed in it
  GeneRanking ranking;
};

struct GroupAuroc {
  std::string group;
  std::uint64_t cells = 0;
  std::size_t scored = 0;  ///< genes of the set in the group's ranking
  Auroc auroc;             ///< over all genes of the group's own ranking
};

/// One set over groups.
struct GroupSummary {
  std::string set;
  std::vector<GroupAuroc> groups;  ///< in the order given
  std::size_t common_genes = 0;    ///< ranked in every pooled group; pooled AUROCs are over these
  std::size_t common_scored = 0;   ///< … of the set
  /// On the logit scale, with DeLong's covariance between groups: the same genes are scored in all of them,
  /// and what is chance in the choice of genes does not average out over donors. Nothing with fewer than two
  /// groups that have an AUROC, or fewer than two common genes in the set or outside it.
  std::optional<RandomEffects> logit;
  double auroc = 0.0;  ///< logit's estimate and interval as AUROC; NaN where there is none
  double low = 0.0;
  double high = 0.0;
};

/// @return one entry a set, in order. A group whose ranking has no gene of the set, or no other, is not
/// pooled. A group in which the set is wholly apart, whose error by DeLong would be 0, counts as half a pair
/// short of it, with the error that its interval (see Auroc) tells.
std::vector<GroupSummary> summarise_groups(std::span<const GroupRanking> groups,
                                           std::span<const GeneSet> sets);

}  // namespace biodta::analysis
