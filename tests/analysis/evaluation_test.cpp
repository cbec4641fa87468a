#include <biodta/analysis/auroc.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::ElementsAre;

/// Genes with given mean shifts, each seen in `cells` cells; tokens from 2.
ShiftTable table_of(const std::vector<double>& shifts, int cells = 10) {
  ShiftTable table;
  table.genes.resize(cells::kFirstGeneToken + shifts.size());
  for (std::size_t gene = 0; gene < shifts.size(); ++gene)
    for (int cell = 0; cell < cells; ++cell) table.genes[cells::kFirstGeneToken + gene].add(shifts[gene]);
  return table;
}

std::vector<cells::TokenId> tokens_of(const GeneRanking& ranking) {
  std::vector<cells::TokenId> tokens;
  for (const auto& gene : ranking.genes) tokens.push_back(gene.token);
  return tokens;
}

TEST(RankGenes, PutsTheLargestMeanShiftFirstAndLeavesOutGenesOfFewCells) {
  ShiftTable table = table_of({0.1, 0.4, 0.2, 0.4}, 10);
  table.genes.emplace_back();  // never seen
  table.genes.emplace_back().add(9.0);
  const GeneRanking ranking = rank_genes(table, 10);
  EXPECT_THAT(tokens_of(ranking), ElementsAre(3U, 5U, 4U, 2U));
  EXPECT_EQ(ranking.too_few_cells, 1U);
  EXPECT_EQ(ranking.genes[0].cells, 10U);
  EXPECT_DOUBLE_EQ(ranking.genes[0].mean_shift, 0.4);
}

TEST(CommonGenes, KeepsTheOrderAndTheGenesThatAllHave) {
  const GeneRanking mine = rank_genes(table_of({0.1, 0.4, 0.2}), 1);
  ShiftTable without = table_of({0.5, 0.6, 0.7});
  without.genes[3] = {};
  const GeneRanking other = rank_genes(without, 1);
  EXPECT_THAT(tokens_of(common_genes(mine, std::vector<GeneRanking>{other})), ElementsAre(4U, 2U));
}

TEST(TestGeneSets, ComparesEachSetWithAllOtherScoredGenes) {
  // Genes 2 … 11 with shifts 0.0 … 0.9; the set holds the three that moved most, one gene unknown and one
  // unscored.
  std::vector<double> shifts(10);
  for (std::size_t i = 0; i < shifts.size(); ++i) shifts[i] = 0.1 * static_cast<double>(i);
  const GeneRanking ranking = rank_genes(table_of(shifts), 10);
  const std::vector<GeneSet> sets = {
      {"top", {9, 10, 11, 40}, {"NOSUCH"}}, {"bottom", {2, 3}, {}}, {"unscored", {41}, {}}};
  const auto tests = test_gene_sets(ranking, sets);
  ASSERT_EQ(tests.size(), 3U);
  EXPECT_EQ(tests[0].listed, 5U);
  EXPECT_EQ(tests[0].matched, 4U);
  EXPECT_EQ(tests[0].scored, 3U);
  EXPECT_DOUBLE_EQ(tests[0].auroc, 1.0);
  EXPECT_NEAR(tests[0].median_shift, 0.8, 1e-12);
  EXPECT_NEAR(tests[0].median_shift_others, 0.3, 1e-12);
  EXPECT_NEAR(tests[0].p, 2.0 / 120.0, 1e-12);  // one of C(10, 3) arrangements, two-sided
  EXPECT_DOUBLE_EQ(tests[1].auroc, 0.0);
  EXPECT_NEAR(tests[1].p, 2.0 / 45.0, 1e-12);
  EXPECT_NEAR(tests[0].fdr, 2.0 / 60.0, 1e-12);  // over the two sets that can be tested
  EXPECT_TRUE(std::isnan(tests[2].p));
  EXPECT_TRUE(std::isnan(tests[2].fdr));
}

TEST(TestGeneSets, CompareWithGenesInNoSetWhereAsked) {
  // Genes 2 … 11 with shifts 0.0 … 0.9; the second set holds the largest shifts, which hide the first one's.
  std::vector<double> shifts(10);
  for (std::size_t i = 0; i < shifts.size(); ++i) shifts[i] = 0.1 * static_cast<double>(i);
  const GeneRanking ranking = rank_genes(table_of(shifts), 10);
  const std::vector<GeneSet> sets = {{"first", {7, 8}, {}}, {"second", {8, 9, 10, 11}, {}}};
  const auto all = test_gene_sets(ranking, sets).at(0);
  EXPECT_EQ(all.others, 8U);
  EXPECT_DOUBLE_EQ(all.auroc, 10.0 / 16.0);
  GeneSetTestOptions options;
  options.complement = Complement::kInNoSet;
  const auto rest = test_gene_sets(ranking, sets, options).at(0);
  EXPECT_EQ(rest.others, 5U);
  EXPECT_EQ(rest.scored, 2U);
  EXPECT_DOUBLE_EQ(rest.auroc, 1.0);
  EXPECT_NEAR(rest.p, 2.0 / 21.0, 1e-12);  // one of C(7, 2) arrangements, two-sided
  options.alternative = Alternative::kGreater;
  EXPECT_NEAR(test_gene_sets(ranking, sets, options).at(0).p, 1.0 / 21.0, 1e-12);
  const std::vector<GeneSet> file = {{"other", {2, 3}, {}}};
  options.listed = file;
  EXPECT_EQ(test_gene_sets(ranking, sets, options).at(0).others, 6U);
}

TEST(TestGeneSets, GiveTheIntervalOfTheAuroc) {
  const GeneRanking ranking = rank_genes(table_of({0.5, 0.1, 0.7, 0.2, 0.9, 0.3, 0.4}), 10);
  const auto test = test_gene_sets(ranking, std::vector<GeneSet>{{"s", {2, 4, 5}, {}}}).at(0);
  const Auroc expected =
      auroc_with_interval(std::vector<double>{0.5, 0.7, 0.2}, std::vector<double>{0.1, 0.9, 0.3, 0.4});
  EXPECT_EQ(test.auroc, expected.value);
  EXPECT_EQ(test.auroc_low, expected.low);
  EXPECT_EQ(test.auroc_high, expected.high);
}

TEST(PrecisionRecall, CountsTheSetAmongTheTopGenes) {
  std::vector<double> shifts(10);
  for (std::size_t i = 0; i < shifts.size(); ++i)
    shifts[i] = 1.0 - 0.1 * static_cast<double>(i);  // token 2 moved most
  const GeneRanking ranking = rank_genes(table_of(shifts), 10);
  const std::vector<GeneSet> sets = {{"s", {2, 4, 11, 50}, {}}, {"absent", {50}, {}}};
  const std::vector<std::int64_t> top = {3, 40};
  const auto found = precision_recall("this run", ranking, sets, top);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].hits, 2.0);
  EXPECT_EQ(found[0].in_set, 3U);
  EXPECT_DOUBLE_EQ(found[0].precision.value, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(found[0].recall.value, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(found[1].precision.value, 0.3);  // only ten genes are there
  EXPECT_DOUBLE_EQ(found[1].recall.value, 1.0);
  EXPECT_DOUBLE_EQ(found[2].precision.value, 0.0);
  EXPECT_TRUE(std::isnan(found[2].recall.value));
}

TEST(RandomPrecisionRecall, AgreesWithShuffledRankings) {
  const GeneRanking ranking = rank_genes(table_of(std::vector<double>(60, 0.1)), 10);
  const std::vector<GeneSet> sets = {{"s", {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, {}}};
  const std::vector<std::int64_t> top = {20};
  const auto random = random_precision_recall("random", ranking, sets, top, 1000, 3).at(0);
  EXPECT_DOUBLE_EQ(random.precision.value, 12.0 / 60.0);
  EXPECT_DOUBLE_EQ(random.recall.value, 20.0 / 60.0);

  support::RandomStream stream(4);
  GeneRanking shuffled = ranking;
  int inside = 0;
  RunningMoments precision;
  for (int draw = 0; draw < 2000; ++draw) {
    stream.shuffle(shuffled.genes);
    const double value = precision_recall("x", shuffled, sets, top).at(0).precision.value;
    precision.add(value);
    inside += value >= random.precision.low && value <= random.precision.high ? 1 : 0;
  }
  EXPECT_NEAR(precision.mean(), 0.2, 0.005);
  EXPECT_GT(inside, 1900 - 40);
  EXPECT_LT(inside, 2000);
}

TEST(Controls, AreSummarisedSetBySet) {
  const std::vector<GeneSet> sets = {{"a", {2}, {}}, {"b", {3}, {}}};
  const double nan = std::nan("");
  const auto test = [](double auroc, double p) { return GeneSetTest{"", 1, 1, 1, 0.0, 0.0, auroc, p, 1.0}; };
  const std::vector<std::vector<GeneSetTest>> tests = {{test(0.6, 0.01), test(nan, nan)},
                                                       {test(0.4, 0.02), test(nan, nan)},
                                                       {test(0.8, 0.30), test(0.5, 1.0)}};
  const auto found = summarise_controls(sets, tests);
  EXPECT_EQ(found[0].controls, 3U);
  EXPECT_NEAR(found[0].mean_auroc, 0.6, 1e-12);
  EXPECT_EQ(found[0].lowest_auroc, 0.4);
  EXPECT_EQ(found[0].highest_auroc, 0.8);
  EXPECT_EQ(found[0].median_p, 0.02);
  EXPECT_EQ(found[0].significant, 1U);
  EXPECT_EQ(found[1].controls, 1U);
  EXPECT_TRUE(std::isnan(summarise_controls(sets, {})[0].mean_auroc));
}

}  // namespace
}  // namespace biodta::analysis
