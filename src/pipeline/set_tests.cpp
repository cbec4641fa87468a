#include "set_tests.hpp"

#include <biodta/analysis/false_discovery.hpp>

#include <utility>

namespace biodta::pipeline {
SetTests::SetTests(std::span<const analysis::GeneSet> sets, analysis::Complement complement)
    : sets_(sets), complement_(complement) {}

std::vector<analysis::GeneSetTest> SetTests::against_others(const analysis::GeneRanking& ranking) const {
  analysis::GeneSetTestOptions options;
  options.complement = complement_;
  return analysis::test_gene_sets(ranking, sets_, options);
}

std::vector<analysis::MatchedSetTest> SetTests::against_matched(
    const analysis::GeneRanking& ranking, std::span<const analysis::GeneCovariates> covariates,
    std::uint64_t seed) const {
  const analysis::MatchedNullOptions options{.seed = seed};
  if (complement_ == analysis::Complement::kAllOthers)
    return analysis::test_against_matched_sets(ranking, covariates, sets_, options);
  std::vector<analysis::MatchedSetTest> tests;
  for (const auto& set : sets_) {
    const auto alone = analysis::without_other_sets(ranking, set, sets_);
    tests.push_back(
        analysis::test_against_matched_sets(alone, covariates, std::span(&set, 1), options).front());
  }
  analysis::set_false_discovery_rates(tests, &analysis::MatchedSetTest::p, &analysis::MatchedSetTest::fdr);
  return tests;
}

std::vector<analysis::SetSpecificity> SetTests::against_controls(
    const analysis::GeneRanking& ranking, std::span<const analysis::GeneRanking> controls) const {
  if (complement_ == analysis::Complement::kAllOthers)
    return analysis::test_set_specificity(ranking, controls, sets_);
  std::vector<analysis::SetSpecificity> tests;
  for (const auto& set : sets_) {
    const auto alone = analysis::without_other_sets(ranking, set, sets_);
    std::vector<analysis::GeneRanking> own;
    for (const auto& control : controls) own.push_back(analysis::without_other_sets(control, set, sets_));
    tests.push_back(analysis::test_set_specificity(alone, own, std::span(&set, 1)).front());
  }
  using Specificity = analysis::SetSpecificity;
  analysis::set_false_discovery_rates(tests, &Specificity::p_exact, &Specificity::fdr_exact);
  analysis::set_false_discovery_rates(tests, &Specificity::p_parametric, &Specificity::fdr_parametric);
  return tests;
}

std::vector<analysis::GroupSummary> SetTests::by_group(std::span<const analysis::GroupRanking> groups) const {
  if (complement_ == analysis::Complement::kAllOthers) return analysis::summarise_groups(groups, sets_);
  std::vector<analysis::GroupSummary> summaries;
  for (const auto& set : sets_) {
    std::vector<analysis::GroupRanking> own(groups.begin(), groups.end());
    for (auto& group : own) group.ranking = analysis::without_other_sets(group.ranking, set, sets_);
    summaries.push_back(analysis::summarise_groups(own, std::span(&set, 1)).front());
  }
  return summaries;
}

}  // namespace biodta::pipeline
