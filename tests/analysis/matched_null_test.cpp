#include "statistics_fixtures.hpp"

#include <biodta/analysis/matched_null.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <boost/math/distributions/normal.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

/// Genes with tokens from 2, seen more and ranked higher the larger `expression`, in the order of the
/// ranking.
struct Scored {
  GeneRanking ranking;
  std::vector<GeneCovariates> covariates;
};

Scored scored_genes(const std::vector<double>& shifts, const std::vector<double>& expression) {
  Scored genes;
  genes.covariates.resize(2 + shifts.size());
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    const auto token = static_cast<cells::TokenId>(2 + i);
    genes.ranking.genes.push_back({token, 50, shifts[i], 0.1});
    genes.covariates[token] = {static_cast<std::uint64_t>(1000.0 + 100.0 * expression[i]),
                               0.5 - 0.01 * expression[i]};
  }
  std::stable_sort(genes.ranking.genes.begin(), genes.ranking.genes.end(),
                   [](const RankedGene& a, const RankedGene& b) { return a.mean_shift > b.mean_shift; });
  return genes;
}

TEST(MatchedGroups, HoldEveryGeneOnceWithGenesThatAreSeenAlike) {
  std::vector<double> values(100);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>((37 * i) % 100);
  const Scored genes = scored_genes(values, values);
  const auto groups = matched_groups(genes.ranking, genes.covariates, 20);
  std::map<std::size_t, std::vector<double>> members;
  for (std::size_t i = 0; i < groups.size(); ++i)
    members[groups[i]].push_back(values[genes.ranking.genes[i].token - 2]);
  EXPECT_EQ(members.size(), 4U);
  for (const auto& [group, expression] : members) {
    EXPECT_EQ(expression.size(), 25U);
    const auto [least, most] = std::minmax_element(expression.begin(), expression.end());
    EXPECT_EQ(*most - *least, 24.0) << group;
  }
  EXPECT_EQ(matched_groups(genes.ranking, genes.covariates, 1000), std::vector<std::size_t>(100, 0));
}

/// Sums of ranks (1 … 8) of every set with two genes of the first four and one of the last four.
std::vector<double> all_rank_sums(const std::vector<double>& ranks) {
  std::vector<double> sums;
  for (std::size_t a = 0; a < 4; ++a)
    for (std::size_t b = a + 1; b < 4; ++b)
      for (std::size_t c = 4; c < 8; ++c) sums.push_back(ranks[a] + ranks[b] + ranks[c]);
  return sums;
}

TEST(MatchedSets, AgreeWithEveryArrangement) {
  // Two groups of four; ranks of the shifts 5 3 8 4 | 1 2 7 6.
  const std::vector<double> shifts = {0.5, 0.3, 0.8, 0.4, 0.1, 0.2, 0.7, 0.6};
  const Scored genes = scored_genes(shifts, {1, 2, 3, 4, 11, 12, 13, 14});
  const std::vector<GeneSet> sets = {{"s", {2, 4, 8}, {}}};  // ranks 5, 8 and 7
  const std::vector<double> sums = all_rank_sums({5, 3, 8, 4, 1, 2, 7, 6});
  double mean = 0.0;
  double squares = 0.0;
  int at_least = 0;
  int as_far = 0;
  for (const double sum : sums) mean += sum / 24.0;
  for (const double sum : sums) {
    squares += (sum - mean) * (sum - mean) / 24.0;
    at_least += sum >= 20.0 ? 1 : 0;
    as_far += std::abs(sum - mean) >= 20.0 - mean ? 1 : 0;
  }
  MatchedNullOptions options{4, 40000, 7, Alternative::kGreater};
  const MatchedSetTest found =
      test_against_matched_sets(genes.ranking, genes.covariates, sets, options).at(0);
  EXPECT_EQ(found.scored, 3U);
  EXPECT_EQ(found.exchanged, 3U);
  EXPECT_NEAR(found.auroc, (20.0 - 6.0) / 15.0, 1e-12);
  EXPECT_NEAR(found.matched_auroc, (mean - 6.0) / 15.0, 1e-12);
  const boost::math::normal_distribution<double> normal;
  EXPECT_NEAR(found.p_normal, cdf(complement(normal, (20.0 - mean) / std::sqrt(squares))), 1e-12);
  EXPECT_NEAR(found.p, at_least / 24.0, 0.004);
  options.alternative = Alternative::kTwoSided;
  EXPECT_NEAR(test_against_matched_sets(genes.ranking, genes.covariates, sets, options).at(0).p,
              as_far / 24.0, 0.006);
  options.alternative = Alternative::kLess;
  EXPECT_EQ(test_against_matched_sets(genes.ranking, genes.covariates, sets, options).at(0).p, 1.0);
}

TEST(MatchedSets, AreTheSameForTheSameSeedWhateverElseIsTested) {
  std::vector<double> values(60);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>((17 * i) % 61);
  const Scored genes = scored_genes(values, values);
  const GeneSet set{"s", {4, 9, 20, 33}, {}};
  const auto alone = test_against_matched_sets(genes.ranking, genes.covariates, std::vector<GeneSet>{set});
  const auto second = test_against_matched_sets(genes.ranking, genes.covariates,
                                                std::vector<GeneSet>{{"t", {5, 6, 7}, {}}, set});
  EXPECT_EQ(alone.at(0).p, second.at(1).p);
  EXPECT_EQ(alone.at(0).low, second.at(1).low);
}

/// How often rank-sum tests and matched tests of sets that expression alone chooses find something.
struct Rejections {
  int plain = 0;
  int matched = 0;
};

Rejections rejections(int trials, double effect, std::uint64_t seed) {
  support::RandomStream random(seed);
  Rejections count;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> expression(200);
    std::vector<double> shifts(200);
    GeneSet set{"s", {}, {}};
    for (std::size_t i = 0; i < 200; ++i) {
      expression[i] = random.normal();
      const bool in_set = random.bernoulli(0.2 / (1.0 + std::exp(-2.0 * expression[i])));
      shifts[i] = expression[i] + random.normal() + (in_set ? effect : 0.0);
      if (in_set) set.tokens.push_back(static_cast<cells::TokenId>(2 + i));
    }
    const Scored genes = scored_genes(shifts, expression);
    const std::vector<GeneSet> sets = {set};
    count.plain += test_gene_sets(genes.ranking, sets).at(0).p < 0.05 ? 1 : 0;
    const MatchedNullOptions options{16, 199, seed, Alternative::kTwoSided};
    count.matched +=
        test_against_matched_sets(genes.ranking, genes.covariates, sets, options).at(0).p <= 0.05 ? 1 : 0;
  }
  return count;
}

TEST(MatchedSets, FindNothingInSetsThatAreOnlyHighlyExpressed) {
  const Rejections found = rejections(1000, 0.0, 3);
  EXPECT_GT(found.plain, 500);  // the plain test takes expression for an effect
  EXPECT_TRUE(binomial_agrees(found.matched, 1000, 0.05)) << found.matched;
}

TEST(MatchedSets, FindASetThatMovesMoreThanItsExpressionTells) {
  EXPECT_GT(rejections(200, 1.2, 4).matched, 160);
}

TEST(MatchedSets, HaveNoPWhereNothingCanBeExchanged) {
  const Scored genes = scored_genes({0.1, 0.2, 0.3, 0.4}, {1, 2, 11, 12});
  const std::vector<GeneSet> sets = {
      {"a whole group", {2, 3}, {}}, {"unscored", {40}, {}}, {"all", {2, 3, 4, 5}, {}}};
  MatchedNullOptions options;
  options.group_size = 2;
  const auto found = test_against_matched_sets(genes.ranking, genes.covariates, sets, options);
  EXPECT_EQ(found[0].exchanged, 0U);
  EXPECT_EQ(found[0].auroc, 0.0);
  EXPECT_EQ(found[0].matched_auroc, 0.0);
  for (const auto& test : found) EXPECT_TRUE(std::isnan(test.p)) << test.set;
  EXPECT_TRUE(std::isnan(found[1].auroc));
}

TEST(MatchedSets, RefuseARankingOfOtherCellsAndNoDraws) {
  const Scored genes = scored_genes({0.1, 0.2}, {1, 2});
  const std::vector<GeneSet> sets = {{"s", {2}, {}}};
  EXPECT_THROW(test_against_matched_sets(genes.ranking, {}, sets), Error);
  MatchedNullOptions options;
  options.draws = 0;
  EXPECT_THROW(test_against_matched_sets(genes.ranking, genes.covariates, sets, options), ConfigError);
}

}  // namespace
}  // namespace biodta::analysis
