#include "testing.hpp"

#include <biodta/cells/quality_filter.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using ::testing::ElementsAre;

TEST(Measure, CountsExpressedGenesAndSumsCounts) {
  const std::vector<float> counts = {0, 3, 1, 0, 5};
  const CellQuality quality = measure(counts);
  EXPECT_EQ(quality.genes, 3U);
  EXPECT_EQ(quality.counts, 9.0);
  EXPECT_EQ(measure({}).genes, 0U);
}

TEST(QualityFilterTest, KeepsBothEndsOfEveryBound) {
  QualityFilter filter({3, 5, 10, 20});
  EXPECT_TRUE(filter.keep({3, 10.0}));
  EXPECT_TRUE(filter.keep({5, 20.0}));
  EXPECT_FALSE(filter.keep({2, 15.0}));
  EXPECT_FALSE(filter.keep({6, 15.0}));
  EXPECT_FALSE(filter.keep({4, 9.0}));
  EXPECT_FALSE(filter.keep({4, 21.0}));
  EXPECT_THAT(filter.names(), ElementsAre("min_genes", "max_genes", "min_counts", "max_counts"));
  EXPECT_THAT(filter.dropped(), ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(filter.seen(), 6U);
  EXPECT_EQ(filter.kept(), 2U);
}

TEST(QualityFilterTest, ACellThatBreaksSeveralRulesIsChargedToTheFirst) {
  QualityFilter filter({3, 0, 10, 0});
  EXPECT_FALSE(filter.keep({1, 1.0}));
  EXPECT_THAT(filter.dropped(), ElementsAre(1, 0, 0, 0));
}

TEST(QualityFilterTest, ByDefaultOnlyCellsUnderSevenGenesGo) {
  QualityFilter filter({});
  EXPECT_FALSE(filter.keep({6, 1e9}));
  EXPECT_TRUE(filter.keep({7, 7.0}));
  EXPECT_TRUE(filter.keep({60'000, 1e9}));
}

TEST(QualityFilterTest, RefusesBoundsThatNothingCanMeet) {
  expect_error<ConfigError>([] { QualityFilter({10, 5, 0, 0}); }, {"max_genes", "5", "min_genes (10)"});
  expect_error<ConfigError>([] { QualityFilter({0, 0, 10, 5}); }, {"max_counts", "5", "min_counts (10)"});
}

}  // namespace
}  // namespace biodta::cells
