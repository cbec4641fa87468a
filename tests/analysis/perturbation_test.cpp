#include <biodta/analysis/perturbation.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
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

// Geneformer's own code labels 100 % of these pairs wrongly in its mode of all genes with a <cls>.
TEST(Perturb, OverexpressingEachGeneOfATwoHundredGeneCellLabelsEveryPairRightly) {
  std::vector<std::int64_t> cell(200);
  std::iota(cell.begin(), cell.end(), std::int64_t{4});
  support::RandomStream random(6);
  random.shuffle(cell);
  cell.insert(cell.begin(), 2);  // <cls> and <eos>
  cell.push_back(3);
  const auto batch = batch_of({cell}, 202);
  const CellRules rules{.first_gene_token = 4};
  std::size_t pairs = 0;
  for (std::int64_t gene = 4; gene < 204; ++gene) {
    const auto token = static_cast<cells::TokenId>(gene);
    const auto changed = perturb(batch, alone({PerturbationKind::kOverexpress, token, {}, {}}), rules);
    EXPECT_EQ(changed.batch.tokens[0], 2);
    EXPECT_EQ(changed.batch.tokens[1], gene);
    EXPECT_EQ(changed.batch.tokens.back(), 3);
    for (std::size_t p = 0; p < changed.before.size(); ++p) {
      const auto before = batch.tokens[static_cast<std::size_t>(changed.before[p])];
      ASSERT_EQ(before, changed.batch.tokens[static_cast<std::size_t>(changed.after[p])]);
      ASSERT_EQ(before, static_cast<std::int64_t>(changed.token[p]));
      ASSERT_GE(before, 4);
      ASSERT_EQ(changed.perturbed[p] != 0, before == gene);
    }
    pairs += changed.before.size();
  }
  EXPECT_EQ(pairs, 200U * 200U);
}

TEST(Perturb, OverexpressionMovesToTheFrontAndInsertsWhatIsAbsent) {
  CellRules rules;
  rules.row_of = [](cells::TokenId gene, std::uint32_t cell) { return gene == 3 ? 1 : 70 + (cell - 100); };
  const auto batch = batch_of({{5, 3, 2}, {4, 2}}, 4);
  const auto known = perturb(batch, alone({PerturbationKind::kOverexpress, 3, {}, {}}), rules);
  EXPECT_THAT(known.batch.tokens, ElementsAre(3, 5, 2, 3, 4, 2));
  EXPECT_THAT(known.batch.positions, ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_THAT(known.batch.row, ElementsAre(1, 3, 0, 1, 2, 0));
  EXPECT_EQ(known.batch.rows, batch.rows);
  EXPECT_THAT(known.before, ElementsAre(1, 0, 2, 3, 4));
  EXPECT_THAT(known.after, ElementsAre(0, 1, 2, 4, 5));
  EXPECT_THAT(known.perturbed, ElementsAre(1, 0, 0, 0, 0));
  EXPECT_THAT(known.reference.tokens, IsEmpty());
  // Token 9 is in no cell; its rows in the two cells, 70 and 71 of the bank, are not among the batch's.
  const auto absent = perturb(batch, alone({PerturbationKind::kOverexpress, 9, {}, {}}), rules);
  EXPECT_THAT(absent.batch.tokens, ElementsAre(9, 5, 3, 2, 9, 4, 2));
  EXPECT_THAT(absent.batch.rows, ElementsAre(0, 1, 2, 3, 70, 71));
  EXPECT_THAT(absent.batch.row, ElementsAre(4, 3, 1, 0, 5, 2, 0));
  EXPECT_THAT(absent.token, ElementsAre(5U, 3U, 2U, 4U, 2U));
}

TEST(Perturb, WhatNoLongerFitsIsCutOffBeforeAndAfter) {
  CellRules rules;
  rules.max_length = 3;
  const auto changed =
      perturb(batch_of({{5, 4, 2}, {5, 4}}, 4), alone({PerturbationKind::kOverexpress, 3, {}, {}}), rules);
  EXPECT_THAT(changed.batch.tokens, ElementsAre(3, 5, 4, 3, 5, 4));
  EXPECT_THAT(changed.reference.tokens, ElementsAre(5, 4));  // the second cell is as it was
  EXPECT_THAT(changed.reference.lengths, ElementsAre(2));
  EXPECT_THAT(changed.before, ElementsAre(5 + 0, 5 + 1, 3, 4));
  EXPECT_THAT(changed.after, ElementsAre(1, 2, 4, 5));
  // Of two genes, one of them there: one token too many; <cls> and <eos> stay.
  CellRules framed{.first_gene_token = 4, .max_length = 5};
  const auto joint = perturb(
      batch_of({{2, 9, 7, 8, 3}}, 8),
      {{{PerturbationKind::kOverexpress, 8, {}, {}}, {PerturbationKind::kOverexpress, 6, {}, {}}}}, framed);
  EXPECT_THAT(joint.batch.tokens, ElementsAre(2, 8, 6, 9, 3));
  EXPECT_THAT(joint.reference.tokens, ElementsAre(2, 9, 7, 3));
  EXPECT_THAT(joint.token, ElementsAre(9U));
}

/// Where the gene of `rank` of a cell of 16 stands after a shift by quartiles.
std::size_t rank_after_shift(std::size_t rank, int quartiles) {
  std::vector<std::int64_t> cell(16);
  std::iota(cell.begin(), cell.end(), std::int64_t{2});
  Perturbation shift{
      PerturbationKind::kRankShift, static_cast<cells::TokenId>(cell[rank]), {}, {}, quartiles};
  const auto changed = perturb(batch_of({cell}, 16), alone(shift)).batch.tokens;
  const auto place = std::find(changed.begin(), changed.end(), cell[rank]);
  std::vector<std::int64_t> others(changed.begin(), place);
  others.insert(others.end(), place + 1, changed.end());
  EXPECT_TRUE(std::is_sorted(others.begin(), others.end()));
  EXPECT_EQ(changed.size(), 16U);
  return static_cast<std::size_t>(place - changed.begin());
}

TEST(Perturb, RankShiftsGoWhereGeneformerSaysTheyGo) {
  constexpr std::size_t kFront = 0, kMiddleOfFirst = 2, kMiddleOfSecond = 6, kMiddleOfThird = 10,
                        kMiddleOfFourth = 14, kEnd = 15;
  for (const std::size_t within : {0U, 3U}) {
    EXPECT_EQ(rank_after_shift(12 + within, 1), kMiddleOfThird);
    EXPECT_EQ(rank_after_shift(8 + within, 1), kMiddleOfSecond);
    EXPECT_EQ(rank_after_shift(4 + within, 1), kMiddleOfFirst);
    EXPECT_EQ(rank_after_shift(within, 1), kFront);
    EXPECT_EQ(rank_after_shift(within, -2), kMiddleOfThird);
    EXPECT_EQ(rank_after_shift(4 + within, -2), kMiddleOfFourth);
    EXPECT_EQ(rank_after_shift(8 + within, -2), kEnd);
    EXPECT_EQ(rank_after_shift(12 + within, -2), kEnd);
    EXPECT_EQ(rank_after_shift(12 + within, 3), kMiddleOfFirst);
  }
}

/// Genes by value, equal ones by token: rank value encoding.
std::vector<std::int64_t> encoded(const std::map<std::int64_t, double>& values) {
  std::vector<std::int64_t> tokens;
  for (const auto& [token, value] : values) tokens.push_back(token);
  std::stable_sort(tokens.begin(), tokens.end(),
                   [&](std::int64_t a, std::int64_t b) { return values.at(a) > values.at(b); });
  return tokens;
}

TEST(Perturb, ARankMoveGivesTheCellThatTheScaledCountsWouldHaveGiven) {
  support::RandomStream random(8);
  std::size_t moved = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::map<std::int64_t, double> values;  // few distinct ones, so that many are equal
    for (std::int64_t token = 2; token < 22; ++token)
      if (token < 4 || random.bernoulli(0.7)) values[token] = 1.0 + static_cast<double>(random.below(6));
    const auto cell = encoded(values);
    CellRules rules;
    rules.values = [&](std::uint32_t, std::span<const cells::TokenId> tokens) {
      std::vector<double> result;
      for (const auto token : tokens) result.push_back(values.at(token));
      return result;
    };
    const double up = random.bernoulli(0.5) ? 2.0 : 1.7;
    const JointPerturbation both{
        {{PerturbationKind::kRankMove, 2, {}, {}, 0, up}, {PerturbationKind::kRankMove, 3, {}, {}, 0, 0.5}}};
    const auto changed = perturb(batch_of({cell}, 20), trial % 2 == 0 ? both : alone(both.genes[0]), rules);
    auto scaled = values;
    scaled[2] *= up;
    if (trial % 2 == 0) scaled[3] *= 0.5;
    ASSERT_EQ(changed.batch.tokens, encoded(scaled)) << trial;
    moved += changed.batch.tokens != cell ? 1 : 0;
  }
  EXPECT_GT(moved, 200U);
}

TEST(Perturb, ARankMoveMayTakeAnotherRowAlong) {
  CellRules rules;
  rules.values = [](std::uint32_t, std::span<const cells::TokenId>) { return std::vector{8.0, 4.0, 2.0}; };
  const auto changed =
      perturb(batch_of({{5, 3, 2}}, 4), alone({PerturbationKind::kRankMove, 3, {0.5F}, {}, 0, 4.0}), rules);
  EXPECT_THAT(changed.batch.tokens, ElementsAre(3, 5, 2));
  EXPECT_THAT(changed.batch.row, ElementsAre(4, 3, 0));
  EXPECT_THAT(changed.extra_rows, ElementsAre(0.5F));
  EXPECT_THAT(changed.perturbed, ElementsAre(1, 0, 0));
}

TEST(Perturb, AMaskStandsWhereTheGeneStood) {
  const auto changed = perturb(batch_of({{5, 3, 2}, {3}}, 4), alone({PerturbationKind::kMask, 3, {}, {}}));
  EXPECT_THAT(changed.cells, ElementsAre(0U));  // in the other cell nothing is left to measure
  EXPECT_THAT(changed.batch.tokens, ElementsAre(5, cells::kMaskToken, 2));
  EXPECT_THAT(changed.batch.row, ElementsAre(3, -1, 0));
  EXPECT_THAT(changed.token, ElementsAre(5U, 2U));
}

TEST(Perturb, AJointSetNeedsEveryGeneThatItDoesNotOverexpress) {
  const auto batch = batch_of({{5, 3, 2}, {4, 3, 2}, {5, 4}}, 4);
  const auto both =
      perturb(batch, {{{PerturbationKind::kDelete, 3, {}, {}}, {PerturbationKind::kDelete, 5, {}, {}}}});
  EXPECT_THAT(both.cells, ElementsAre(0U));
  EXPECT_THAT(both.batch.tokens, ElementsAre(2));
  const auto mixed =
      perturb(batch, {{{PerturbationKind::kDelete, 3, {}, {}}, {PerturbationKind::kOverexpress, 4, {}, {}}}});
  EXPECT_THAT(mixed.cells, ElementsAre(0U, 1U));
  EXPECT_THAT(mixed.batch.tokens, ElementsAre(4, 5, 2, 4, 2));
  EXPECT_THAT(mixed.batch.row, ElementsAre(-1, 3, 0, 2, 0));  // without row_of an inserted gene has no row
  EXPECT_THAT(mixed.perturbed, ElementsAre(0, 0, 1, 0));
}

TEST(Perturb, RefusesWhatContradictsItself) {
  const auto refused = [](const JointPerturbation& joint) {
    EXPECT_THROW(perturb(batch_of({{3, 4}}, 3), joint), Error);
  };
  refused({});
  refused({{{PerturbationKind::kDelete, 3, {}, {}}, {PerturbationKind::kMask, 3, {}, {}}}});
  refused(alone({PerturbationKind::kDelete, 1, {}, {}}));
  refused(alone({PerturbationKind::kDelete, 3, {1.0F}, {}}));
  refused(alone({PerturbationKind::kReplaceRow, 3, {}, {}}));
  refused(alone({PerturbationKind::kRankShift, 3, {}, {}, 4}));
  refused(alone({PerturbationKind::kRankShift, 3, {}, {}, 0}));
  refused(alone({PerturbationKind::kRankMove, 3, {}, {}, 0, 2.0}));  // no values
  CellRules rules;
  rules.values = [](std::uint32_t, std::span<const cells::TokenId>) { return std::vector{2.0, 4.0}; };
  EXPECT_THROW(perturb(batch_of({{3, 4}}, 3), alone({PerturbationKind::kRankMove, 3, {}, {}, 0, 2.0}), rules),
               Error);
  EXPECT_THROW(perturb(batch_of({{3, 4}}, 3), alone({PerturbationKind::kRankMove, 3, {}, {}, 0, 0.0}), rules),
               Error);
}

}  // namespace
}  // namespace biodta::analysis
