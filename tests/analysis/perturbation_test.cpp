#include <biodta/analysis/perturbation.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Cells given by their tokens; row of token t is t - 2, so rows are 0 … genes - 1.
data::PackedBatch batch_of(const std::vector<std::vector<std::int64_t>>& cells, std::int64_t genes) {
  data::PackedBatch batch;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    batch.cells.push_back(static_cast<std::uint32_t>(100 + c));
    batch.lengths.push_back(static_cast<std::int64_t>(cells[c].size()));
    for (std::size_t i = 0; i < cells[c].size(); ++i) {
      batch.tokens.push_back(cells[c][i]);
      batch.positions.push_back(static_cast<std::int64_t>(i));
      batch.row.push_back(cells[c][i] - 2);
    }
  }
  batch.rows.resize(static_cast<std::size_t>(genes));
  std::iota(batch.rows.begin(), batch.rows.end(), std::int64_t{0});
  return batch;
}

JointPerturbation alone(Perturbation perturbation) {
  return {{std::move(perturbation)}};
}

TEST(Perturb, ReplacesTheRowOfTheGeneAlone) {
  const auto batch = batch_of({{5, 3, 2}, {4, 2}, {3}}, 4);
  const auto changed = perturb(batch, alone({PerturbationKind::kReplaceRow, 3, {0.5F}, {0.1F}}));
  EXPECT_THAT(changed.cells, ElementsAre(0U, 2U));
  EXPECT_THAT(changed.batch.cells, ElementsAre(100U, 102U));
  EXPECT_THAT(changed.batch.tokens, ElementsAre(5, 3, 2, 3));
  EXPECT_THAT(changed.batch.positions, ElementsAre(0, 1, 2, 0));
  EXPECT_THAT(changed.batch.lengths, ElementsAre(3, 1));
  EXPECT_THAT(changed.batch.row, ElementsAre(3, 4, 0, 4));  // row 4 is the one after the bank's
  EXPECT_EQ(changed.batch.rows, batch.rows);
  EXPECT_THAT(changed.before, ElementsAre(0, 1, 2, 5));
  EXPECT_THAT(changed.after, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(changed.cell, ElementsAre(0U, 0U, 0U, 1U));
}

TEST(Perturb, DeletionMovesEverythingBelowUpByOne) {
  const auto changed =
      perturb(batch_of({{5, 3, 2, 4}, {2, 4}}, 4), alone({PerturbationKind::kDelete, 3, {}, {}}));
  EXPECT_THAT(changed.cells, ElementsAre(0U));
  EXPECT_THAT(changed.batch.tokens, ElementsAre(5, 2, 4));
  EXPECT_THAT(changed.batch.positions, ElementsAre(0, 1, 2));
  EXPECT_THAT(changed.batch.row, ElementsAre(3, 0, 2));
  EXPECT_THAT(changed.before, ElementsAre(0, 2, 3));
  EXPECT_THAT(changed.after, ElementsAre(0, 1, 2));
  EXPECT_THAT(changed.token, ElementsAre(5U, 2U, 4U));
}

// The emulation on which a position-by-position comparison labels half of the 200 × 199 pairs wrongly.
TEST(Perturb, DeletingEachGeneOfATwoHundredGeneCellLabelsEveryPairRightly) {
  std::vector<std::int64_t> cell(200);
  std::iota(cell.begin(), cell.end(), std::int64_t{2});
  support::RandomStream random(5);
  random.shuffle(cell);
  const auto batch = batch_of({cell}, 200);
  std::size_t pairs = 0;
  std::size_t moved = 0;
  for (const std::int64_t gene : cell) {
    const auto changed =
        perturb(batch, alone({PerturbationKind::kDelete, static_cast<cells::TokenId>(gene), {}, {}}));
    for (std::size_t p = 0; p < changed.before.size(); ++p) {
      const auto before = static_cast<std::size_t>(changed.before[p]);
      const auto after = static_cast<std::size_t>(changed.after[p]);
      ASSERT_EQ(batch.tokens[before], changed.batch.tokens[after]);
      ASSERT_EQ(batch.tokens[before], static_cast<std::int64_t>(changed.token[p]));
      ASSERT_NE(changed.batch.tokens[after], gene);
      moved += before != after ? 1 : 0;
      ++pairs;
    }
  }
  EXPECT_EQ(pairs, 200U * 199U);
  EXPECT_EQ(moved, 19900U);  // each would be wrong by position
}

TEST(Perturb, LeavesOutACellThatADeletionWouldEmpty) {
  const auto changed = perturb(batch_of({{3}, {3, 2}}, 2), alone({PerturbationKind::kDelete, 3, {}, {}}));
  EXPECT_THAT(changed.cells, ElementsAre(1U));
}

TEST(Perturb, WithoutTheGeneNothingIsLeft) {
  const auto changed = perturb(batch_of({{2}, {4, 2}}, 3), alone({PerturbationKind::kDelete, 3, {}, {}}));
  EXPECT_THAT(changed.cells, IsEmpty());
  EXPECT_THAT(changed.batch.tokens, IsEmpty());
}

TEST(Perturb, RefusesAGeneThatStandsTwice) {
  EXPECT_THROW(perturb(batch_of({{3, 4, 4}}, 3), alone({PerturbationKind::kReplaceRow, 3, {1.0F}, {0.1F}})),
               Error);
}

}  // namespace
}  // namespace biodta::analysis
