#include "mutation_tables.hpp"
#include "statistics_fixtures.hpp"

#include <biodta/analysis/specific_shift.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace biodta::analysis {
namespace {

TEST(SpecificShifts, AreLogsOverTheGeometricMeanUnderTheControls) {
  support::RandomStream random(4);
  const MutationWorld world{30, 4, 7, 0.2, 0.4, 1.0};
  const MutationTables tables = made_up_tables(world, random);
  std::vector<double> expected;
  for (std::size_t x = 0; x < 30; ++x) {
    double product = 1.0;
    for (const auto& control : tables.controls) product *= control.genes[x].mean_shift;
    expected.push_back(std::log(tables.gene.genes[x].mean_shift / std::pow(product, 1.0 / 7.0)));
  }
  const SpecificShifts found = specific_shifts(tables.gene, tables.controls);
  ASSERT_EQ(found.genes.size(), 30U);
  // The levels of the tables are taken off: differences between genes are those of the logs.
  const double offset = found.genes[0].specific - expected[found.genes[0].token - 2];
  for (std::size_t i = 0; i < 30; ++i) {
    EXPECT_NEAR(found.genes[i].specific - offset, expected[found.genes[i].token - 2], 1e-9);
    EXPECT_EQ(found.ranking.genes[i].token, found.genes[i].token);
    EXPECT_EQ(found.ranking.genes[i].mean_shift, found.genes[i].specific);
    EXPECT_EQ(found.ranking.genes[i].cells, 40U);
    EXPECT_GE(found.genes[i == 0 ? 0 : i - 1].specific, found.genes[i].specific);
  }
}

TEST(SpecificShifts, DoNotDependOnHowStrongAMutationIs) {
  support::RandomStream random(5);
  MutationTables tables = made_up_tables({}, random);
  const SpecificShifts before = specific_shifts(tables.gene, tables.controls);
  for (auto& gene : tables.gene.genes) gene.mean_shift *= 50.0;
  for (auto& gene : tables.controls[3].genes) gene.mean_shift *= 0.01;
  const SpecificShifts after = specific_shifts(tables.gene, tables.controls);
  for (std::size_t i = 0; i < before.genes.size(); ++i) {
    EXPECT_EQ(before.genes[i].token, after.genes[i].token);
    EXPECT_NEAR(before.genes[i].specific, after.genes[i].specific, 1e-9);
    EXPECT_NEAR(before.genes[i].p, after.genes[i].p, 1e-9);
  }
}

/// Genes with P at most 0.05, of all; in and outside the set.
struct Shares {
  int inside = 0;
  int outside = 0;
  int genes_inside = 0;
  int genes_outside = 0;
};

Shares shares(const MutationWorld& world, int trials, std::uint64_t seed,
              const SpecificShiftOptions& options) {
  support::RandomStream random(seed);
  Shares result;
  for (int trial = 0; trial < trials; ++trial) {
    const MutationTables tables = made_up_tables(world, random);
    for (const auto& gene : specific_shifts(tables.gene, tables.controls, options).genes) {
      const bool in_set = gene.token < 2 + world.set_genes;
      (in_set ? result.genes_inside : result.genes_outside) += 1;
      if (gene.p <= 0.05) (in_set ? result.inside : result.outside) += 1;
    }
  }
  return result;
}

TEST(SpecificShifts, FalsePositiveRateOfAGeneIsTheLevel) {
  for (const std::size_t controls : {5UL, 9UL, 19UL}) {
    MutationWorld world;
    world.controls = controls;
    for (const Alternative alternative : {Alternative::kGreater, Alternative::kTwoSided}) {
      const Shares found = shares(world, 100, 6, {ShiftScale::kPositive, 0.5, alternative});
      EXPECT_TRUE(binomial_agrees(found.outside, found.genes_outside, 0.05))
          << controls << ": " << found.outside;
    }
  }
}

TEST(SpecificShifts, FindGenesThatThisMutationAloneMoves) {
  MutationWorld world;
  world.effect = 1.2;
  const Shares found = shares(world, 20, 7, {});
  EXPECT_GT(found.inside, 0.9 * found.genes_inside);
  EXPECT_LT(found.outside, 0.06 * found.genes_outside);
}

TEST(SpecificShifts, OfASignedReadoutKeepTheirSign) {
  // Under the controls a change is noise; under the gene token 2 falls, token 3 rises. The tables differ in
  // strength by up to a hundred times.
  support::RandomStream random(8);
  std::vector<GeneRanking> tables(12);
  for (std::size_t table = 0; table < tables.size(); ++table) {
    const double strength = std::pow(10.0, static_cast<double>(table % 3) - 1.0);
    for (cells::TokenId token = 2; token < 60; ++token) {
      double change = random.normal();
      if (table == 0 && token == 2) change = -8.0;
      if (table == 0 && token == 3) change = 8.0;
      tables[table].genes.push_back({token, 40, strength * change, 0.1});
    }
  }
  const std::vector<GeneRanking> controls(tables.begin() + 1, tables.end());
  const SpecificShifts found =
      specific_shifts(tables[0], controls, {ShiftScale::kSigned, 0.5, Alternative::kTwoSided});
  EXPECT_EQ(found.genes.front().token, 3U);
  EXPECT_GT(found.genes.front().specific, 0.0);
  EXPECT_EQ(found.genes.back().token, 2U);
  EXPECT_LT(found.genes.back().specific, 0.0);
  EXPECT_LT(found.genes.front().fdr, 0.05);
  EXPECT_LT(found.genes.back().fdr, 0.05);
}

TEST(SpecificShifts, LeaveOutGenesThatTooFewControlsHave) {
  support::RandomStream random(9);
  MutationTables tables = made_up_tables({20, 4, 6, 0.0, 0.3, 0.0}, random);
  const auto drop = [](GeneRanking& table, cells::TokenId token) {
    std::erase_if(table.genes, [&](const RankedGene& gene) { return gene.token == token; });
  };
  for (std::size_t i = 0; i < 4; ++i) drop(tables.controls[i], 5);  // 2 of 6 are left
  for (std::size_t i = 0; i < 3; ++i) drop(tables.controls[i], 6);  // 3 of 6
  drop(tables.gene, 7);
  const auto has = [](const SpecificShifts& shifts, cells::TokenId token) {
    return std::any_of(shifts.genes.begin(), shifts.genes.end(),
                       [&](const auto& gene) { return gene.token == token; });
  };
  const SpecificShifts found = specific_shifts(tables.gene, tables.controls);
  EXPECT_FALSE(has(found, 5));
  EXPECT_TRUE(has(found, 6));
  EXPECT_FALSE(has(found, 7));
  EXPECT_TRUE(has(
      specific_shifts(tables.gene, tables.controls, {ShiftScale::kPositive, 0.2, Alternative::kGreater}), 5));
}

TEST(SpecificShifts, TakeAShiftThatRoundingLeftAtZeroForTheSmallest) {
  support::RandomStream random(10);
  MutationTables tables = made_up_tables({20, 4, 6, 0.0, 0.3, 0.0}, random);
  tables.gene.genes[3].mean_shift = -1e-17;
  for (const auto& gene : specific_shifts(tables.gene, tables.controls).genes)
    EXPECT_TRUE(std::isfinite(gene.specific)) << gene.token;
}

TEST(SpecificShifts, NeedControls) {
  support::RandomStream random(11);
  const MutationTables tables = made_up_tables({20, 4, 1, 0.0, 0.3, 0.0}, random);
  EXPECT_THROW(specific_shifts(tables.gene, tables.controls), ConfigError);
  const MutationTables enough = made_up_tables({20, 4, 3, 0.0, 0.3, 0.0}, random);
  EXPECT_THROW(
      specific_shifts(enough.gene, enough.controls, {ShiftScale::kPositive, 0.0, Alternative::kGreater}),
      ConfigError);
}

}  // namespace
}  // namespace biodta::analysis
