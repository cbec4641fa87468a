#include "testing.hpp"

#include <biodta/cells/quality_filter.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <span>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using ::testing::ElementsAre;

TEST(Measure, CountsExpressedGenesAndSumsCounts) {
  const std::vector<float> counts = {0, 3, 1, 0, 5};
  const std::vector<std::uint32_t> columns = {0, 1, 2, 3, 4};
  const CellQuality quality = measure(columns, counts);
  EXPECT_EQ(quality.genes, 3U);
  EXPECT_EQ(quality.counts, 9.0);
  EXPECT_EQ(quality.mitochondrial, 0.0);
  const std::vector<std::uint8_t> is_mitochondrial = {1, 1, 0, 1, 0};
  EXPECT_EQ(measure(columns, counts, is_mitochondrial).mitochondrial, 3.0);
  EXPECT_EQ(measure({}, {}).genes, 0U);
}

TEST(QualityFilterTest, KeepsBothEndsOfEveryBound) {
  QualityFilter filter({.min_genes = 3, .max_genes = 5, .min_counts = 10, .max_counts = 20});
  EXPECT_TRUE(filter.keep({3, 10.0}));
  EXPECT_TRUE(filter.keep({5, 20.0}));
  EXPECT_FALSE(filter.keep({2, 15.0}));
  EXPECT_FALSE(filter.keep({6, 15.0}));
  EXPECT_FALSE(filter.keep({4, 9.0}));
  EXPECT_FALSE(filter.keep({4, 21.0}));
  EXPECT_THAT(filter.names(),
              ElementsAre("min_genes", "max_genes", "min_counts", "max_counts", "max_mito_fraction",
                          "standard_deviations (counts)", "standard_deviations (mito_fraction)"));
  EXPECT_THAT(filter.dropped(), ElementsAre(1, 1, 1, 1, 0, 0, 0));
  EXPECT_EQ(filter.seen(), 6U);
  EXPECT_EQ(filter.kept(), 2U);
}

TEST(QualityFilterTest, ACellThatBreaksSeveralRulesIsChargedToTheFirst) {
  QualityFilter filter({.min_genes = 3, .min_counts = 10});
  EXPECT_FALSE(filter.keep({1, 1.0}));
  EXPECT_THAT(filter.dropped(), ElementsAre(1, 0, 0, 0, 0, 0, 0));
}

TEST(QualityFilterTest, ByDefaultOnlyCellsUnderSevenGenesGo) {
  QualityFilter filter({});
  EXPECT_FALSE(filter.keep({6, 1e9}));
  EXPECT_TRUE(filter.keep({7, 7.0}));
  EXPECT_TRUE(filter.keep({60'000, 1e9}));
}

TEST(QualityFilterTest, RefusesBoundsThatNothingCanMeet) {
  expect_error<ConfigError>([] { QualityFilter({.min_genes = 10, .max_genes = 5}); },
                            {"max_genes", "5", "min_genes (10)"});
  expect_error<ConfigError>([] { QualityFilter({.min_counts = 10, .max_counts = 5}); },
                            {"max_counts", "5", "min_counts (10)"});
}

TEST(QualityFilterTest, MitochondrialFractionsAboveTheBoundGo) {
  QualityFilter filter({.min_genes = 0, .max_mito_fraction = 0.25});
  EXPECT_TRUE(filter.keep({10, 100.0, 25.0}));
  EXPECT_FALSE(filter.keep({10, 100.0, 26.0}));
  EXPECT_TRUE(filter.keep({0, 0.0, 0.0}));
  EXPECT_EQ(filter.dropped()[4], 1);
}

TEST(QualityFilterTest, DeviationsAreFromTheFilesOwnMean) {
  // Counts 90, 100, 110 and 300: mean 150, population standard deviation sqrt(7550) = 86.9; fractions 0, 0, 0
  // and 0.5: mean 0.125, deviation 0.2165.
  const std::vector<CellQuality> cells = {{9, 90, 0}, {9, 100, 0}, {9, 110, 0}, {9, 300, 150}};
  SourceStatistics statistics;
  for (const CellQuality& cell : cells) statistics.add(cell);
  EXPECT_DOUBLE_EQ(statistics.counts.mean(), 150.0);
  EXPECT_NEAR(statistics.counts.standard_deviation(), std::sqrt(7550.0), 1e-9);
  EXPECT_NEAR(statistics.mito_fraction.standard_deviation(), std::sqrt(0.046875), 1e-12);
  const auto kept = [&](double deviations) {
    QualityFilter filter({.standard_deviations = deviations});
    for (const CellQuality& cell : cells) filter.keep(cell, &statistics);
    return filter;
  };
  EXPECT_THAT(kept(1.7).dropped(), ElementsAre(0, 0, 0, 0, 0, 1, 0));   // 150 / 86.9 = 1.726
  EXPECT_THAT(kept(1.73).dropped(), ElementsAre(0, 0, 0, 0, 0, 0, 1));  // 0.375 / 0.2165 = 1.732
  EXPECT_EQ(kept(1.74).kept(), 4U);
  QualityFilter without({.standard_deviations = 3.0});
  expect_error<Error>([&] { without.keep({9, 90, 0}); }, {"statistics"});
}

TEST(QualityFilterTest, RulesOnObsColumnsAreChargedFirstAndNamedApart) {
  QualityFilter filter(
      {.include = {"assay=10x*"}, .exclude = {"disease=*cancer*", "disease=*tumor*", "dis=x"}});
  EXPECT_THAT(std::span(filter.names()).first(4),
              ElementsAre("include assay", "exclude disease", "exclude disease (2)", "exclude dis"));
  EXPECT_FALSE(filter.keep({1, 1.0}, nullptr, 2));
  EXPECT_FALSE(filter.keep({1, 1.0}));
  EXPECT_TRUE(filter.keep({9, 9.0}));
  EXPECT_THAT(filter.dropped(), ElementsAre(0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0));
  expect_error<ConfigError>([] { QualityFilter({.include = {"assay"}}); },
                            {"include", "'assay'", "assay=10x*"});
}

}  // namespace
}  // namespace biodta::cells
