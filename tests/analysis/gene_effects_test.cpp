// Every gene perturbed alone, kept by cell, and genes compared within cells.
#include "perturbed_world.hpp"

#include <biodta/analysis/cell_states.hpp>
#include <biodta/analysis/gene_effects.hpp>
#include <biodta/analysis/gene_effects_report.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <set>
#include <string>

namespace biodta::analysis {
namespace {

using testing::PerturbedWorld;
using StatesOfTokens = std::map<cells::TokenId, std::vector<double>>;

double naive_cosine(const std::vector<double>& a, const std::vector<double>& b) {
  return 1.0 - testing::naive_shift(a, b);
}

/// The sum of a cell's genes, but for one: it points where their mean does.
std::vector<double> sum_without(const StatesOfTokens& states, cells::TokenId left_out) {
  std::vector<double> sum(states.begin()->second.size(), 0.0);
  for (const auto& [token, values] : states)
    if (token != left_out && token >= cells::kFirstGeneToken)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
  return sum;
}

struct NaiveEffect {
  double shift = 0.0;
  double state = 0.0;
};

/// One cell, one gene, one forward pass before and after.
NaiveEffect naive_effect(PerturbedWorld& world, std::uint32_t cell, cells::TokenId gene,
                         PerturbationKind kind, const std::vector<double>& state) {
  const auto& before = world.cells[cell];
  auto after = before;
  if (kind == PerturbationKind::kDelete)
    std::erase(after, gene);
  else
    std::replace(after.begin(), after.end(), gene, cells::TokenId{cells::kMaskToken});
  const auto rows = world.rows_in(cell);
  const auto old_states = testing::states_of(world.model, before, &rows);
  const auto new_states = testing::states_of(world.model, after, &rows);
  NaiveEffect effect;
  for (const cells::TokenId token : before)
    if (token != gene) effect.shift += testing::naive_shift(old_states.at(token), new_states.at(token));
  effect.shift /= static_cast<double>(before.size() - 1);
  effect.state =
      naive_cosine(sum_without(new_states, gene), state) - naive_cosine(sum_without(old_states, gene), state);
  return effect;
}

class EffectsOnCells : public ::testing::TestWithParam<PerturbationKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EffectsOnCells,
                         ::testing::Values(PerturbationKind::kDelete, PerturbationKind::kMask));

TEST_P(EffectsOnCells, AreThoseOfAPlainLoopOverCellsAndGenes) {
  PerturbedWorld world;
  auto subjects = world.subjects();
  subjects.states_SH = state_embeddings(world.model, torch::kCPU, subjects,
                                        std::vector<std::vector<std::uint32_t>>{{1, 4, 9}}, {});
  const auto row = subjects.states_SH[0].contiguous();
  const std::vector<double> state(row.data_ptr<double>(), row.data_ptr<double>() + row.numel());
  const std::vector<std::uint32_t> cells = {3, 0, 17, 18, 31};
  const auto effects =
      measure_cell_effects(world.model, torch::kCPU, subjects, cells, {GetParam(), 0, {}, {}}, {-2, 50});
  ASSERT_EQ(effects.size(), cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    EXPECT_EQ(effects[i].cell, cells[i]);
    auto genes = world.cells[cells[i]];
    std::sort(genes.begin(), genes.end());
    ASSERT_EQ(effects[i].genes, genes);
    for (std::size_t j = 0; j < genes.size(); ++j) {
      const auto naive = naive_effect(world, cells[i], genes[j], GetParam(), state);
      EXPECT_NEAR(effects[i].shifts[j], naive.shift, 1e-6 + 1e-5 * naive.shift);
      EXPECT_NEAR(effects[i].states[j], naive.state, 1e-6);
    }
  }
}

/// Numbers for cells of various lengths, with ties.
std::vector<CellEffects> random_cell_effects(std::size_t cells, std::size_t genes, std::uint64_t seed) {
  support::RandomStream random(seed);
  std::vector<CellEffects> result(cells);
  for (auto& cell : result) {
    for (cells::TokenId gene = 2; gene < 2 + genes; ++gene) {
      if (random.bernoulli(0.4)) continue;
      cell.genes.push_back(gene);
      cell.shifts.push_back(static_cast<double>(random.below(12)));
      cell.states.push_back(random.normal());
    }
  }
  return result;
}

GeneEffectSums effect_sums_of(const std::vector<CellEffects>& cells, std::size_t tokens) {
  GeneEffectSums sums(tokens, 1);
  for (const auto& cell : cells) sums.add(cell);
  return sums;
}

const RankedEffect& effect_in(const std::vector<RankedEffect>& genes, cells::TokenId token) {
  return *std::find_if(genes.begin(), genes.end(), [&](const auto& gene) { return gene.token == token; });
}

TEST(GeneEffectSums, GiveAurocsByCountingPairsWithinCells) {
  const auto cells = random_cell_effects(60, 15, 3);
  const auto genes = effect_sums_of(cells, 20).ranked(1);
  ASSERT_EQ(genes.size(), 15U);
  for (cells::TokenId gene = 2; gene < 17; ++gene) {
    double auroc = 0.0, shift = 0.0;
    std::uint64_t held = 0;
    for (const auto& cell : cells) {
      const auto place = std::find(cell.genes.begin(), cell.genes.end(), gene);
      if (place == cell.genes.end()) continue;
      const double own = cell.shifts[static_cast<std::size_t>(place - cell.genes.begin())];
      double won = -0.5;  // of the gene against itself
      for (const double other : cell.shifts) won += own > other ? 1.0 : (own == other ? 0.5 : 0.0);
      auroc += won / static_cast<double>(cell.genes.size() - 1);
      shift += own;
      ++held;
    }
    EXPECT_EQ(effect_in(genes, gene).cells, held);
    EXPECT_NEAR(effect_in(genes, gene).shift.auroc, auroc / static_cast<double>(held), 1e-12);
    EXPECT_NEAR(effect_in(genes, gene).shift.mean, shift / static_cast<double>(held), 1e-12);
  }
}

TEST(GeneEffectSums, GiveTheProbabilityOfARankSumTestStratifiedByCell) {
  // Without ties a rank of n has the variance (n² - 1) / 12; the gene is first of 5, second of 4, first of 9.
  const std::vector<std::pair<int, int>> places = {{5, 5}, {4, 3}, {9, 9}};
  GeneEffectSums sums(20, 0);
  double sum = 0.0, variance = 0.0;
  for (const auto& [genes, rank] : places) {
    CellEffects cell;
    for (int i = 0; i < genes; ++i) {
      cell.genes.push_back(static_cast<cells::TokenId>(2 + i));
      cell.shifts.push_back(i == 0 ? rank - 0.5 : (i < rank ? i - 1 : i));  // gene 2 has the rank
    }
    sums.add(cell);
    sum += static_cast<double>(rank - 1) / (genes - 1) - 0.5;
    variance += (static_cast<double>(genes) * genes - 1.0) / 12.0 / ((genes - 1.0) * (genes - 1.0));
  }
  const double normal = 2.0 * 0.5 * std::erfc(sum / std::sqrt(variance) / std::sqrt(2.0));
  EXPECT_NEAR(effect_in(sums.ranked(1), 2).shift.p, normal, 1e-12);
  EXPECT_NEAR(effect_in(sums.ranked(1), 2).shift.auroc, (1.0 + 2.0 / 3.0 + 1.0) / 3.0, 1e-12);
}

TEST(GeneEffectSums, AreSignificantAsOftenAsChanceWhereNoGeneDiffers) {
  std::size_t significant = 0, tests = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (const auto& gene : effect_sums_of(random_cell_effects(80, 40, 100 + seed), 50).ranked(1))
      for (const double p : {gene.shift.p, gene.states.at(0).p}) {
        significant += p < 0.05 ? 1 : 0;
        ++tests;
      }
  EXPECT_EQ(tests, 1600U);
  EXPECT_GE(significant, 55U);  // 80 expected; binomial, four standard deviations
  EXPECT_LE(significant, 115U);
}

TEST(GeneEffectSums, FindAGeneThatMovesCellsMoreAndOneThatMovesThemLess) {
  auto cells = random_cell_effects(120, 15, 8);
  for (auto& cell : cells)
    for (std::size_t i = 0; i < cell.genes.size(); ++i) {
      if (cell.genes[i] == 4) cell.shifts[i] += 5.0;
      if (cell.genes[i] == 9) cell.states[i] -= 2.0;
    }
  const auto genes = effect_sums_of(cells, 20).ranked(1);
  EXPECT_EQ(genes.front().token, 4U);
  EXPECT_GT(effect_in(genes, 4).shift.auroc, 0.75);
  EXPECT_LT(effect_in(genes, 4).shift.fdr, 1e-6);
  EXPECT_LT(effect_in(genes, 9).states[0].auroc, 0.25);
  EXPECT_LT(effect_in(genes, 9).states[0].fdr, 1e-6);
  EXPECT_GT(effect_in(genes, 9).shift.fdr, 0.01);
}

/// Cells of a donor share what its genes do: no gene differs over donors, each does within one.
TEST(GeneEffectSums, TakeDonorsAsUnitsWhereTheyAreGiven) {
  constexpr std::size_t kDonors = 6;
  std::size_t by_donor = 0, by_cell = 0, tests = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    support::RandomStream random(900 + seed);
    GeneEffectSums sums(50, 0, kDonors);
    for (std::int32_t donor = 0; donor < static_cast<std::int32_t>(kDonors); ++donor) {
      std::vector<double> own(40);
      for (double& value : own) value = random.normal();
      for (int i = 0; i < 20; ++i) {
        CellEffects cell;
        for (cells::TokenId gene = 2; gene < 42; ++gene) {
          cell.genes.push_back(gene);
          cell.shifts.push_back(own[gene - 2] + random.normal());
        }
        sums.add(cell, donor);
      }
    }
    for (const auto& gene : sums.ranked(1)) {
      EXPECT_EQ(gene.shift.groups, kDonors);
      by_donor += gene.shift.p < 0.05 ? 1 : 0;
      by_cell += gene.shift.p_cells < 0.05 ? 1 : 0;
      ++tests;
    }
  }
  EXPECT_EQ(tests, 800U);
  EXPECT_GE(by_donor, 16U);  // 40 expected; binomial, four standard deviations
  EXPECT_LE(by_donor, 65U);
  EXPECT_GT(by_cell, 400U);  // most of what cells call significant is an accident of donors
}

/// Gene 2 moves the cell more than so many of its other genes do.
CellEffects cell_above(int above, int others) {
  CellEffects cell{0, {2}, {above - 0.5}, {}};
  for (int i = 0; i < others; ++i) {
    cell.genes.push_back(static_cast<cells::TokenId>(3 + i));
    cell.shifts.push_back(static_cast<double>(i));
  }
  return cell;
}

TEST(GeneEffectSums, GiveStudentsProbabilityOverGroups) {
  GeneEffectSums sums(20, 0, 4);
  // Gene 2 is above 3 of 4, 2 of 4, 4 of 4 others: AUROCs .75, .5, 1 by group; t = .25 / (.25 / √3) = √3.
  // Four cells a group, so that random ranks would give a smaller error: √(3 · .125 / 4) / 3 = .10 < .14.
  const std::vector<int> above = {3, 2, 4};
  for (std::size_t group = 0; group < above.size(); ++group)
    for (int i = 0; i < 4; ++i) sums.add(cell_above(above[group], 4), static_cast<std::int32_t>(group));
  const auto genes = sums.ranked(1);
  EXPECT_EQ(effect_in(genes, 2).shift.groups, 3U);
  EXPECT_NEAR(effect_in(genes, 2).shift.p, 1.0 - std::sqrt(3.0 / 5.0),
              1e-12);  // of t on two degrees: 1 - t / √(2 + t²)
  GeneEffectSums few(20, 0, 4);
  few.add({0, {2, 3}, {1.0, 2.0}, {}}, 0);
  few.add({1, {2, 3}, {1.0, 2.0}, {}}, 1);
  EXPECT_TRUE(std::isnan(effect_in(few.ranked(1), 2).shift.p));
  EXPECT_THROW(few.add({0, {2, 3}, {1.0, 2.0}, {}}, 4), Error);
}

/// One donor with 1,000 cells at an AUROC of .52, nine with 10 cells at .46, and a cell of none: direction
/// and P are of donors.
TEST(GeneEffectSums, WeighGroupsAlikeInTheAurocThatPIsOf) {
  GeneEffectSums sums(20, 0, 10);
  for (int i = 0; i < 1000; ++i) sums.add(cell_above(i < 600 ? 3 : 2, 5), 0);  // 2,600 of 5,000 pairs
  for (std::int32_t donor = 1; donor < 10; ++donor)
    for (int i = 0; i < 10; ++i) sums.add(cell_above(i < 3 ? 3 : 2, 5), donor);  // 23 of 50
  sums.add(cell_above(5, 5), -1);
  const GeneStanding standing = effect_in(sums.ranked(1), 2).shift;
  EXPECT_EQ(standing.groups, 10U);
  EXPECT_NEAR(standing.auroc, (0.52 + 9 * 0.46) / 10, 1e-12);
  EXPECT_NEAR(standing.auroc_cells, (520.0 + 90 * 0.46 + 1.0) / 1091, 1e-12);
  EXPECT_GT(standing.auroc_cells, 0.5);
  // A rank of six has the variance 35 / 12 / 25. t = -.034 / .03242 on nine degrees, two-sided.
  EXPECT_NEAR(standing.p, 0.321669, 1e-6);
}

TEST(GeneEffectSums, GiveAMeanOfNoGroupWhereAGeneIsInTheCellsOfNone) {
  GeneEffectSums sums(20, 0, 3);
  sums.add(cell_above(2, 2));
  const GeneStanding standing = effect_in(sums.ranked(1), 2).shift;
  EXPECT_EQ(standing.groups, 0U);
  EXPECT_TRUE(std::isnan(standing.auroc));
  EXPECT_TRUE(std::isnan(standing.p));
  EXPECT_DOUBLE_EQ(standing.auroc_cells, 1.0);
}

TEST(GeneEffectSums, TakeNoCertaintyFromGroupsThatAgree) {
  GeneEffectSums same(20, 0, 3);
  GeneEffectSums above_all(20, 0, 3);
  for (std::int32_t donor = 0; donor < 3; ++donor) {
    for (const int above : {1, 2}) same.add(cell_above(above, 3), donor);  // ±1/6, rounded
    above_all.add(cell_above(4, 4), donor);
  }
  EXPECT_NEAR(effect_in(same.ranked(1), 2).shift.auroc, 0.5, 1e-12);
  EXPECT_NEAR(effect_in(same.ranked(1), 2).shift.p, 1.0, 1e-12);
  // First of five in three cells: ranks at random would have the error √(3 · .125) / 3, so t = √6.
  EXPECT_NEAR(effect_in(above_all.ranked(1), 2).shift.p, 1.0 - std::sqrt(6.0 / 8.0), 1e-12);
}

/// Three donors of one to three cells, ranks at random: they often agree to the last bit.
TEST(GeneEffectSums, AreNotSignificantByChanceInFewCellsOfFewGroups) {
  std::size_t below_20th = 0, below_1000th = 0, tests = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    support::RandomStream random(3000 + seed);
    GeneEffectSums sums(10, 0, 3);
    for (std::int32_t donor = 0; donor < 3; ++donor)
      for (std::uint64_t left = 1 + random.below(3); left > 0; --left)
        sums.add({0, {2, 3, 4, 5}, {random.normal(), random.normal(), random.normal(), random.normal()}, {}},
                 donor);
    for (const auto& gene : sums.ranked(1)) {
      below_20th += gene.shift.p < 0.05 ? 1 : 0;
      below_1000th += gene.shift.p < 0.001 ? 1 : 0;
      ++tests;
    }
  }
  EXPECT_EQ(tests, 1600U);
  EXPECT_LE(below_20th, 115U);  // at most 80 expected; binomial, four standard deviations
  EXPECT_LE(below_1000th, 6U);  // at most 1.6; the standard error of the donors alone gives some 30
}

RankedEffect effect_with(cells::TokenId token, double auroc, double p) {
  RankedEffect effect;
  effect.token = token;
  effect.cells = 12;
  effect.shift = {0.1, 0.02, auroc, auroc, p, 3, p, p};
  effect.states = {effect.shift};
  return effect;
}

TEST(GeneEffectsReport, DrawsNoGeneWithoutAPAndSaysWhichWayCellsMove) {
  const testing::TemporaryFolder folder;
  GeneEffectsReport report;
  report.vocabulary = testing::vocabulary_of(4);
  report.cells = 12;
  report.group_column = "donor";
  report.states.push_back({"type=B", 7});
  report.genes = {effect_with(2, 0.9, 1e-4), effect_with(3, 0.6, 0.3),
                  effect_with(4, 0.7, std::numeric_limits<double>::quiet_NaN())};
  write_report(report, folder / "report", false);
  for (const char* name : {"shifts", "state_1"}) {
    const auto figure = nlohmann::json::parse(
        support::read_text_file(folder / "report/figures" / (std::string(name) + ".json")));
    std::set<double> heights;
    for (const auto& trace : figure["data"])
      for (const auto& height : trace["y"]) heights.insert(height.get<double>());
    EXPECT_THAT(heights, ::testing::ElementsAre(::testing::DoubleNear(-std::log10(0.3), 1e-9),
                                                ::testing::DoubleNear(4.0, 1e-9)));
  }
  const auto page = support::read_text_file(folder / "report/report.html");
  EXPECT_THAT(page, ::testing::HasSubstr("1 gene without a P value is left out."));
  EXPECT_THAT(page, ::testing::HasSubstr("1 gene moves cells more than the other genes"));
  EXPECT_THAT(page, ::testing::HasSubstr("1 gene moves cells more toward it than the other genes"));
  EXPECT_THAT(page, ::testing::HasSubstr("Each donor weighs alike in the AUROC"));
  const auto table = support::read_table(folder / "report/genes.tsv");
  EXPECT_TRUE(table.has_column("auroc_cells"));
  EXPECT_EQ(table.rows.at(2).at(table.column("p")), "NA");
}

TEST(GeneEffectSums, LeaveOutGenesOfFewCellsAndAskForWholeRecords) {
  GeneEffectSums sums(20, 0);
  sums.add({0, {2, 3}, {1.0, 2.0}, {}});
  sums.add({1, {3}, {7.0}, {}});
  EXPECT_EQ(sums.cells(), 2U);
  EXPECT_EQ(sums.genes(), 2U);
  const auto genes = sums.ranked(2);
  ASSERT_EQ(genes.size(), 1U);
  EXPECT_EQ(genes[0].token, 3U);
  EXPECT_DOUBLE_EQ(genes[0].shift.mean, 4.5);
  EXPECT_DOUBLE_EQ(genes[0].shift.auroc, 1.0);  // of the one cell where there is another gene
  EXPECT_THROW(sums.add({2, {2, 3}, {1.0}, {}}), Error);
}

}  // namespace
}  // namespace biodta::analysis
