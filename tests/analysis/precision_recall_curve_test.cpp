#include "statistics_fixtures.hpp"

#include <biodta/analysis/precision_recall_curve.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace biodta::analysis {
namespace {

/// Genes with tokens from 2 in the order of their scores, ties by token.
GeneRanking ranking_of(const std::vector<double>& scores) {
  GeneRanking ranking;
  for (std::size_t i = 0; i < scores.size(); ++i)
    ranking.genes.push_back({static_cast<cells::TokenId>(2 + i), 10, scores[i], 0.1});
  std::stable_sort(ranking.genes.begin(), ranking.genes.end(),
                   [](const RankedGene& a, const RankedGene& b) { return a.mean_shift > b.mean_shift; });
  return ranking;
}

TEST(PrecisionRecallCurves, HaveScikitLearnsAveragePrecisionTiesAmongThem) {
  for (const auto& sample : cases("auroc.json"))
    for (std::size_t score = 0; score < 2; ++score) {
      auto scores = sample.at("positive").at(score).get<std::vector<double>>();
      GeneSet set{"s", {}, {}};
      for (std::size_t i = 0; i < scores.size(); ++i)
        set.tokens.push_back(static_cast<cells::TokenId>(2 + i));
      const auto negative = sample.at("negative").at(score).get<std::vector<double>>();
      scores.insert(scores.end(), negative.begin(), negative.end());
      const auto curves = precision_recall_curves("m", ranking_of(scores), std::vector<GeneSet>{set});
      EXPECT_LT(
          relative(curves.at(0).average_precision, sample.at("average_precision").at(score).get<double>()),
          1e-12)
          << sample.at("name");
    }
}

TEST(PrecisionRecallCurves, AgreeWithTheTablesAtEveryCut) {
  std::vector<double> scores(60);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<double>((23 * i) % 60);
  const GeneRanking ranking = ranking_of(scores);
  const std::vector<GeneSet> sets = {{"s", {3, 9, 14, 40, 41, 90}, {}}};
  const PrecisionRecallCurve curve = precision_recall_curves("m", ranking, sets).at(0);
  ASSERT_EQ(curve.points.size(), 60U);
  EXPECT_EQ(curve.in_set, 5U);
  EXPECT_DOUBLE_EQ(curve.prevalence, 5.0 / 60.0);
  for (const auto& point : curve.points) {
    const std::vector<std::int64_t> k = {static_cast<std::int64_t>(point.k)};
    const PrecisionRecall entry = precision_recall("m", ranking, sets, k).at(0);
    EXPECT_EQ(static_cast<double>(point.hits), entry.hits);
    EXPECT_DOUBLE_EQ(point.precision, entry.precision.value);
    EXPECT_DOUBLE_EQ(point.recall, entry.recall.value);
  }
}

TEST(PrecisionRecallCurves, AreThinnedWithoutLosingTheirEnds) {
  std::vector<double> scores(5000);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<double>((2311 * i) % 5003);
  const GeneRanking ranking = ranking_of(scores);
  const std::vector<GeneSet> sets = {{"s", {2, 77, 100, 999, 4000}, {}}};
  const PrecisionRecallCurve whole = precision_recall_curves("m", ranking, sets, 5000).at(0);
  const PrecisionRecallCurve thin = precision_recall_curves("m", ranking, sets, 200).at(0);
  EXPECT_LE(thin.points.size(), 200U);
  EXPECT_GT(thin.points.size(), 150U);
  EXPECT_EQ(thin.points.front().k, 1U);
  EXPECT_EQ(thin.points.back().k, 5000U);
  EXPECT_EQ(thin.points.back().recall, 1.0);
  EXPECT_EQ(thin.average_precision, whole.average_precision);
  for (const auto& point : thin.points) EXPECT_EQ(point.hits, whole.points.at(point.k - 1).hits);
}

TEST(PrecisionRecallCurves, OfASetWithoutScoredGenesAreEmpty) {
  const GeneRanking ranking = ranking_of({0.3, 0.2});
  const auto curve = precision_recall_curves("m", ranking, std::vector<GeneSet>{{"s", {9}, {}}}).at(0);
  EXPECT_TRUE(curve.points.empty());
  EXPECT_TRUE(std::isnan(curve.average_precision));
  EXPECT_THROW(precision_recall_curves("m", ranking, {}, 1), ConfigError);
}

}  // namespace
}  // namespace biodta::analysis
