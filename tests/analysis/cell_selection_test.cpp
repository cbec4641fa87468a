#include "fixtures.hpp"

#include <biodta/analysis/cell_selection.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

using testing::corpus_of;
using ::testing::ElementsAre;
using testing::expect_error;
using testing::vocabulary_of;

class CellSelectionTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  // Gene g0 (token 2) is in cells 0, 2, 3, 5.
  cells::Corpus corpus_ =
      corpus_of(folder_ / "corpus.h5", vocabulary_of(5), {{2, 3}, {3, 4}, {4, 2}, {5, 4, 3, 2}, {3}, {2}},
                {{"split", {0, 0, 1, 1, 1, -1}, {"train", "heldout"}, {}},
                 {"type", {0, 1, 0, 1, 0, 1}, {"a", "b"}, {}},
                 {"stage", {}, {}, {1.0, 2.0, 1.0, 2.5, std::nan(""), 1.0}}});
  data::BatchBuilder builder_{corpus_, nullptr, {}, 64};
};

using Genes = std::vector<cells::TokenId>;

TEST_F(CellSelectionTest, TakesTheCellsThatHoldTheGene) {
  const CellSelection found = select_cells(corpus_, builder_, Genes{2}, {{}, 0, 1});
  EXPECT_THAT(found.cells, ElementsAre(0U, 2U, 3U, 5U));
  EXPECT_EQ(found.passed, 6U);
  EXPECT_EQ(found.with_gene, 4U);
}

TEST_F(CellSelectionTest, TakesTheCellsThatHoldAllOfSeveralGenes) {
  const CellSelection found = select_cells(corpus_, builder_, Genes{2, 4}, {{}, 0, 1});
  EXPECT_THAT(found.cells, ElementsAre(2U, 3U));
  EXPECT_EQ(found.with_gene, 2U);
  expect_error<InputError>(
      [&] {
        select_cells(corpus_, builder_, Genes{5, 2}, {{"split=train"}, 0, 1});
      },
      {"none of the 2 cells", "S3 + S0", "1 of all 6"});
}

TEST_F(CellSelectionTest, TakesCellsWithoutTheGeneWhereAsked) {
  const CellSelection found = select_cells(corpus_, builder_, Genes{2}, {{"type=b"}, 0, 1, false});
  EXPECT_THAT(found.cells, ElementsAre(1U, 3U, 5U));
  EXPECT_EQ(found.with_gene, 2U);
}

TEST_F(CellSelectionTest, FiltersOnOneColumnAreAlternativesAndColumnsAddUp) {
  EXPECT_THAT(filter_cells(corpus_, {"split=heldout"}), ElementsAre(2U, 3U, 4U));
  EXPECT_THAT(filter_cells(corpus_, {"split=heldout", "split=train"}), ElementsAre(0U, 1U, 2U, 3U, 4U));
  EXPECT_THAT(filter_cells(corpus_, {"split=heldout", "type=a"}), ElementsAre(2U, 4U));
  EXPECT_THAT(filter_cells(corpus_, {"stage=2.5", "stage=2"}), ElementsAre(1U, 3U));
}

TEST_F(CellSelectionTest, WithoutAGeneTakesAllThatPassAndDrawsSeeded) {
  EXPECT_THAT(select_cells(corpus_, {{"type=b"}, 0, 1}), ElementsAre(1U, 3U, 5U));
  const auto drawn = select_cells(corpus_, {{"type=b"}, 2, 1});
  EXPECT_EQ(drawn.size(), 2U);
  EXPECT_TRUE(std::is_sorted(drawn.begin(), drawn.end()));
  EXPECT_EQ(select_cells(corpus_, {{"type=b"}, 2, 1}), drawn);
  std::set<std::vector<std::uint32_t>> draws;
  for (std::int64_t seed = 0; seed < 20; ++seed) draws.insert(select_cells(corpus_, {{"type=b"}, 2, seed}));
  EXPECT_EQ(draws.size(), 3U);  // every pair of the three
}

TEST_F(CellSelectionTest, AGeneCutOffByTheLengthLimitIsNotThere) {
  const data::BatchBuilder shorter(corpus_, nullptr, {}, 1);
  EXPECT_THAT(select_cells(corpus_, shorter, Genes{2}, {{}, 0, 1}).cells, ElementsAre(0U, 5U));
}

TEST_F(CellSelectionTest, DrawsSeededAndCountsAll) {
  const CellSelection first = select_cells(corpus_, builder_, Genes{2}, {{}, 2, 1});
  EXPECT_EQ(first.cells.size(), 2U);
  EXPECT_EQ(first.with_gene, 4U);
  EXPECT_TRUE(std::is_sorted(first.cells.begin(), first.cells.end()));
  EXPECT_EQ(select_cells(corpus_, builder_, Genes{2}, {{}, 2, 1}).cells, first.cells);
  std::set<std::vector<std::uint32_t>> draws;
  for (std::int64_t seed = 0; seed < 30; ++seed)
    draws.insert(select_cells(corpus_, builder_, Genes{2}, {{}, 2, seed}).cells);
  EXPECT_GT(draws.size(), 3U);  // of six
}

TEST_F(CellSelectionTest, SaysHowManyCellsExpressAGeneThatNoneOfTheChosenDoes) {
  expect_error<InputError>(
      [&] {
        select_cells(corpus_, builder_, Genes{5}, {{"split=train"}, 0, 1});
      },
      {"none of the 2 cells", "split=train", "S3", "1 of all 6"});
}

TEST_F(CellSelectionTest, RefusesFiltersThatMeanNothing) {
  expect_error<ConfigError>([&] { filter_cells(corpus_, {"heldout"}); }, {"'heldout'", "column=value"});
  expect_error<ConfigError>([&] { filter_cells(corpus_, {"donor=d1"}); },
                            {"'donor'", "split", "type", "stage"});
  expect_error<ConfigError>([&] { filter_cells(corpus_, {"split=test"}); },
                            {"split=test", "train", "heldout"});
  expect_error<ConfigError>([&] { filter_cells(corpus_, {"stage=7"}); }, {"stage=7", "1", "2.5"});
}

}  // namespace
}  // namespace biodta::analysis
