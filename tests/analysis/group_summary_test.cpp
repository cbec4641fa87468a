#include <biodta/analysis/group_summary.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

/// Groups that score the same genes; set genes are higher by `effect`, and by its own amount in each group.
std::vector<GroupRanking> made_up_groups(std::size_t groups, double effect, double between,
                                         support::RandomStream& random) {
  std::vector<double> gene(120);
  for (auto& value : gene) value = random.normal();
  std::vector<GroupRanking> result;
  for (std::size_t g = 0; g < groups; ++g) {
    GroupRanking group{"donor " + std::to_string(g), 50, {}};
    const double own = effect + between * random.normal();
    for (std::size_t x = 0; x < gene.size(); ++x)
      group.ranking.genes.push_back({static_cast<cells::TokenId>(2 + x), 50,
                                     gene[x] + 0.5 * random.normal() + (x < 15 ? own : 0.0), 0.1});
    result.push_back(std::move(group));
  }
  return result;
}

std::vector<GeneSet> first_genes(std::size_t count) {
  GeneSet set{"s", {}, {}};
  for (std::size_t x = 0; x < count; ++x) set.tokens.push_back(static_cast<cells::TokenId>(2 + x));
  return {set};
}

TEST(GroupSummaries, PooledIntervalCountsTheChoiceOfGenesOnce) {
  // Without an effect the truth is 0.5; genes are drawn anew a trial, and are the same in all six groups.
  support::RandomStream random(5);
  int held = 0;
  int heterogeneous = 0;
  for (int trial = 0; trial < 600; ++trial) {
    const auto summary = summarise_groups(made_up_groups(6, 0.0, 0.0, random), first_genes(15)).at(0);
    held += summary.low <= 0.5 && 0.5 <= summary.high ? 1 : 0;
    heterogeneous += summary.logit->heterogeneity_p < 0.05 ? 1 : 0;
  }
  EXPECT_GT(held, 0.92 * 600);
  EXPECT_LT(heterogeneous, 0.08 * 600);
}

TEST(GroupSummaries, GiveEachGroupAndTheirMean) {
  support::RandomStream random(6);
  const auto groups = made_up_groups(5, 1.5, 0.0, random);
  const GroupSummary found = summarise_groups(groups, first_genes(15)).at(0);
  ASSERT_EQ(found.groups.size(), 5U);
  double lowest = 1.0;
  double highest = 0.0;
  for (std::size_t g = 0; g < 5; ++g) {
    const double own = test_gene_sets(groups[g].ranking, first_genes(15)).at(0).auroc;
    EXPECT_NEAR(found.groups[g].auroc.value, own, 1e-12);
    EXPECT_EQ(found.groups[g].group, "donor " + std::to_string(g));
    EXPECT_EQ(found.groups[g].scored, 15U);
    lowest = std::min(lowest, own);
    highest = std::max(highest, own);
  }
  EXPECT_EQ(found.common_genes, 120U);
  EXPECT_EQ(found.common_scored, 15U);
  EXPECT_GT(found.auroc, lowest);
  EXPECT_LT(found.auroc, highest);
  EXPECT_LT(found.low, found.auroc);
  EXPECT_GT(found.low, 0.5);
  EXPECT_LT(found.logit->p, 1e-3);
}

TEST(GroupSummaries, SeeGroupsThatDiffer) {
  support::RandomStream random(7);
  int found = 0;
  for (int trial = 0; trial < 20; ++trial)
    found +=
        summarise_groups(made_up_groups(8, 0.5, 2.0, random), first_genes(15)).at(0).logit->heterogeneity_p <
        0.05;
  EXPECT_GE(found, 18);
}

TEST(GroupSummaries, OfOneGroupHaveNoPooledValue) {
  support::RandomStream random(8);
  auto groups = made_up_groups(1, 1.0, 0.0, random);
  EXPECT_FALSE(summarise_groups(groups, first_genes(15)).at(0).logit.has_value());
  EXPECT_TRUE(std::isnan(summarise_groups(groups, first_genes(15)).at(0).auroc));
  groups.push_back({"empty", 0, {}});
  const GroupSummary found = summarise_groups(groups, first_genes(15)).at(0);
  EXPECT_FALSE(found.logit.has_value());
  EXPECT_TRUE(std::isnan(found.groups[1].auroc.value));
  EXPECT_FALSE(summarise_groups({}, first_genes(15)).at(0).logit.has_value());
}

TEST(GroupSummaries, BearASetThatIsWhollyApart) {
  support::RandomStream random(9);
  const GroupSummary found = summarise_groups(made_up_groups(4, 60.0, 0.0, random), first_genes(15)).at(0);
  EXPECT_EQ(found.groups[0].auroc.value, 1.0);
  ASSERT_TRUE(found.logit.has_value());
  EXPECT_GT(found.auroc, 0.99);
  EXPECT_GT(found.low, 0.8);
  EXPECT_LT(found.low, 1.0);
}

}  // namespace
}  // namespace biodta::analysis
