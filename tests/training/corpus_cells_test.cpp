#include "small_corpus.hpp"
#include "testing.hpp"

#include <biodta/support/error.hpp>
#include <biodta/training/corpus_cells.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace biodta::training {
namespace {

using testing::expect_error;

class CorpusCells : public ::testing::Test {
 protected:
  CorpusCells() { testing::write_small_corpus(folder_ / "corpus.h5", 400, 12); }
  cells::Corpus corpus() const { return cells::Corpus::open(folder_ / "corpus.h5"); }

  testing::TemporaryFolder folder_;
};

TEST_F(CorpusCells, ARandomShareIsHeldOut) {
  const auto split = split_cells(corpus(), {.share = 0.25});
  EXPECT_EQ(split.training.size() + split.evaluation.size(), 400U);
  EXPECT_EQ(split.held_out, split.evaluation.size());
  EXPECT_NEAR(static_cast<double>(split.held_out), 100.0, 5 * std::sqrt(400 * 0.25 * 0.75));
  std::set<std::uint32_t> all(split.training.begin(), split.training.end());
  all.insert(split.evaluation.begin(), split.evaluation.end());
  EXPECT_EQ(all.size(), 400U);
  EXPECT_TRUE(std::is_sorted(split.training.begin(), split.training.end()));
  EXPECT_EQ(split_cells(corpus(), {.share = 0.25}).training, split.training);
  EXPECT_NE(split_cells(corpus(), {.share = 0.25, .seed = 1}).training, split.training);
  EXPECT_TRUE(split_cells(corpus(), {.share = 0.0}).evaluation.empty());
}

TEST_F(CorpusCells, ValuesOfAColumnAreHeldOut) {
  const auto split = split_cells(corpus(), {.column = "donor", .values = {"D1", "D3"}});
  ASSERT_EQ(split.held_out, 200U);
  for (const auto cell : split.evaluation) EXPECT_EQ(cell % 2, 1U);
  for (const auto cell : split.training) EXPECT_EQ(cell % 2, 0U);
}

TEST_F(CorpusCells, EvaluationMayBeOnFewerCells) {
  const auto split = split_cells(corpus(), {.column = "donor", .values = {"D1"}, .max_cells = 30});
  EXPECT_EQ(split.held_out, 100U);
  EXPECT_EQ(split.evaluation.size(), 30U);
  EXPECT_EQ(split.training.size(), 300U);
  EXPECT_TRUE(std::is_sorted(split.evaluation.begin(), split.evaluation.end()));
}

TEST_F(CorpusCells, WhatCannotBeMeantIsRefusedInOneLine) {
  const auto cells = corpus();
  expect_error<ConfigError>([&] { split_cells(cells, {.column = "donors", .values = {"D1"}}); },
                            {"held_out.column", "donors", "donor and age"});
  expect_error<ConfigError>([&] { split_cells(cells, {.column = "age", .values = {"1"}}); },
                            {"age", "numbers"});
  expect_error<ConfigError>([&] { split_cells(cells, {.column = "donor"}); }, {"held_out.values"});
  expect_error<ConfigError>([&] { split_cells(cells, {.column = "donor", .values = {"D9"}}); },
                            {"D9", "donor"});
  expect_error<ConfigError>(
      [&] {
        split_cells(cells, {.column = "donor", .values = {"D0", "D1", "D2", "D3"}});
      },
      {"no cell is left"});
}

TEST_F(CorpusCells, ContextsFollowAColumn) {
  const auto bank = testing::small_bank(12, 3);
  const auto contexts = contexts_of_cells(corpus(), bank, "bank.context_column", "donor");
  ASSERT_EQ(contexts.of_cell.size(), 400U);
  for (std::size_t cell = 0; cell < 400; ++cell) {
    EXPECT_EQ(contexts.of_cell[cell],
              cell % 4 == 1 ? bank.context_index("D1").value() : embedding::kReference);
  }
  EXPECT_EQ(contexts.without, 300U);
}

TEST_F(CorpusCells, AColumnThatNamesNoContextIsRefused) {
  const embedding::EmbeddingBank bank({"ENSG100"}, {"G0"}, 1, 2, {1.0F, 2.0F});
  expect_error<ConfigError>([&] { contexts_of_cells(corpus(), bank, "bank.context_column", "donor"); },
                            {"bank.context_column", "donor", "0 contexts"});
}

}  // namespace
}  // namespace biodta::training
