#pragma once
/// @file
/// Gene sets tested against the complement that was asked for. Internal to the room.

#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/gene_covariates.hpp>
#include <biodta/analysis/gene_sets.hpp>
#include <biodta/analysis/group_summary.hpp>
#include <biodta/analysis/matched_null.hpp>
#include <biodta/analysis/set_specificity.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::pipeline {

/// The tests of a report's sets, all against one complement. Lists are in the order of the sets.
class SetTests {
 public:
  /// @param sets  must outlive the object.
  SetTests(std::span<const analysis::GeneSet> sets, analysis::Complement complement);

  std::vector<analysis::GeneSetTest> against_others(const analysis::GeneRanking& ranking) const;
  std::vector<analysis::MatchedSetTest> against_matched(const analysis::GeneRanking& ranking,
                                                        std::span<const analysis::GeneCovariates> covariates,
                                                        std::uint64_t seed) const;
  std::vector<analysis::SetSpecificity> against_controls(
      const analysis::GeneRanking& ranking, std::span<const analysis::GeneRanking> controls) const;
  std::vector<analysis::GroupSummary> by_group(std::span<const analysis::GroupRanking> groups) const;

 private:
  std::span<const analysis::GeneSet> sets_;
  analysis::Complement complement_;
};

}  // namespace biodta::pipeline
