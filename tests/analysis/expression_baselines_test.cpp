#include "statistics_fixtures.hpp"

#include <biodta/analysis/expression_baselines.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <vector>

namespace biodta::analysis {
namespace {

using CellTokens = std::vector<std::vector<cells::TokenId>>;

std::vector<std::span<const cells::TokenId>> spans_of(const CellTokens& cells) {
  return {cells.begin(), cells.end()};
}

TEST(Coexpression, EqualsSciPysSpearman) {
  for (const auto& sample : cases("coexpression.json")) {
    const auto cells = sample.at("cells").get<CellTokens>();
    const auto rho = sample.at("rho").get<std::vector<double>>();
    const GeneRanking found = coexpression_ranking(spans_of(cells), 2, 14, 1);
    ASSERT_EQ(found.genes.size(), 11U);
    for (const auto& gene : found.genes)
      EXPECT_NEAR(gene.mean_shift, std::abs(rho[gene.token - 2]), 1e-13) << gene.token;
  }
}

/// Pearson's correlation of the average ranks of two genes' values, cell by cell.
double spearman(const CellTokens& cells, cells::TokenId a, cells::TokenId b) {
  const auto ranks = [&](cells::TokenId token) {
    std::vector<double> values;
    for (const auto& cell : cells) {
      double value = 0.0;
      for (std::size_t p = 0; p < cell.size(); ++p)
        if (cell[p] == token) value = static_cast<double>(cell.size() - p);
      values.push_back(value);
    }
    return average_ranks(values);
  };
  const auto x = ranks(a);
  const auto y = ranks(b);
  const double mean = (static_cast<double>(cells.size()) + 1.0) / 2.0;
  double xy = 0.0;
  double xx = 0.0;
  double yy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xy / std::sqrt(xx * yy);
}

TEST(Coexpression, EqualsTheFormulaOverAllCellsWhereTheGeneIsInEvery) {
  support::RandomStream random(6);
  CellTokens cells;
  for (int cell = 0; cell < 80; ++cell) {
    std::vector<cells::TokenId> tokens = {7};
    for (cells::TokenId token = 8; token < 40; ++token)
      if (random.bernoulli(0.4)) tokens.push_back(token);
    random.shuffle(tokens);
    cells.push_back(tokens);
  }
  const GeneRanking found = coexpression_ranking(spans_of(cells), 7, 40, 5);
  EXPECT_EQ(found.genes.size(), 32U);
  double before = 1.0;
  for (const auto& gene : found.genes) {
    EXPECT_NEAR(gene.mean_shift, std::abs(spearman(cells, 7, gene.token)), 1e-12);
    EXPECT_LE(gene.mean_shift, before);
    before = gene.mean_shift;
  }
}

TEST(Coexpression, FindsTheGeneThatRisesAndTheOneThatFallsWithIt) {
  // Token 2 ranks among tokens 5 … 14 at place c; 3 stands right behind it, 4 at the mirrored place.
  CellTokens cells;
  for (std::size_t c = 0; c <= 10; ++c) {
    std::vector<cells::TokenId> tokens;
    for (cells::TokenId token = 5; token < 15; ++token) tokens.push_back(token);
    tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(10 - c), 4);
    tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(c <= 5 ? c : c + 1), {2, 3});
    cells.push_back(tokens);
  }
  const GeneRanking found = coexpression_ranking(spans_of(cells), 2, 15, 5);
  std::vector<cells::TokenId> first = {found.genes[0].token, found.genes[1].token};
  EXPECT_THAT(first, ::testing::UnorderedElementsAre(3U, 4U));
}

TEST(Coexpression, SaysNothingOfAGeneThatNeverChanges) {
  const CellTokens cells = {{2, 3, 4}, {2, 4, 3}, {2, 3, 4}};
  EXPECT_TRUE(coexpression_ranking(spans_of(cells), 2, 6, 1).genes.empty());
  EXPECT_TRUE(coexpression_ranking(spans_of(cells), 5, 6, 1).genes.empty());
  const GeneRanking others = coexpression_ranking(spans_of(cells), 3, 6, 1);
  EXPECT_EQ(others.genes.back().token, 2U);
  EXPECT_EQ(others.genes.back().mean_shift, 0.0);
  EXPECT_THROW(coexpression_ranking(spans_of(cells), 2, 4, 1), Error);
}

TEST(ExpressionRank, IsTheMeanOverAllCellsAbsentOnesAmongThem) {
  const CellTokens cells = {{3, 2, 4, 5}, {4, 2}, {2}};
  const GeneRanking found = expression_ranking(spans_of(cells), 2, 6, 1);
  ASSERT_EQ(found.genes.size(), 3U);
  EXPECT_EQ(found.genes[0].token, 4U);
  EXPECT_NEAR(found.genes[0].mean_shift, (0.5 + 1.0) / 3.0, 1e-15);
  EXPECT_EQ(found.genes[1].token, 3U);
  EXPECT_NEAR(found.genes[1].mean_shift, 1.0 / 3.0, 1e-15);
  EXPECT_NEAR(found.genes[2].mean_shift, 0.25 / 3.0, 1e-15);
  EXPECT_EQ(expression_ranking(spans_of(cells), 2, 6, 2).genes.size(), 1U);
  EXPECT_EQ(expression_ranking(spans_of(cells), 2, 6, 2).too_few_cells, 2U);
}

}  // namespace
}  // namespace biodta::analysis
