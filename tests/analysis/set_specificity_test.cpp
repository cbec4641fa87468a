#include "mutation_tables.hpp"
#include "statistics_fixtures.hpp"

#include <biodta/analysis/gene_covariates.hpp>
#include <biodta/analysis/set_specificity.hpp>
#include <biodta/support/error.hpp>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace biodta::analysis {
namespace {

/// AUROC of the first `in_set` genes on log shift less the mean log shift in all other tables, pair by pair.
double auroc_against_others(const std::vector<GeneRanking>& tables, std::size_t asked, std::size_t in_set) {
  std::vector<double> specific;
  for (std::size_t x = 0; x < tables[asked].genes.size(); ++x) {
    double others = 0.0;
    for (std::size_t i = 0; i < tables.size(); ++i)
      if (i != asked) others += std::log(tables[i].genes[x].mean_shift);
    specific.push_back(std::log(tables[asked].genes[x].mean_shift) -
                       others / static_cast<double>(tables.size() - 1));
  }
  double wins = 0.0;
  for (std::size_t a = 0; a < in_set; ++a)
    for (std::size_t b = in_set; b < specific.size(); ++b) wins += specific[a] > specific[b] ? 1.0 : 0.0;
  return wins / static_cast<double>(in_set * (specific.size() - in_set));
}

TEST(SetSpecificity, RanksTheAskedGenesTableAmongTheControls) {
  support::RandomStream random(2);
  const MutationWorld world{40, 6, 9, 0.2, 0.3, 0.3};
  const MutationTables tables = made_up_tables(world, random);
  std::vector<GeneRanking> all = {tables.gene};
  all.insert(all.end(), tables.controls.begin(), tables.controls.end());
  const double asked = auroc_against_others(all, 0, 6);
  int as_far = 0;
  RunningMoments controls;
  RunningMoments probits;
  const boost::math::normal_distribution<double> normal;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const double control = auroc_against_others(all, i, 6);
    as_far += control >= asked ? 1 : 0;
    controls.add(control);
    probits.add(quantile(normal, control));
  }
  const SetSpecificity found = test_set_specificity(tables.gene, tables.controls, factor_set(world)).at(0);
  EXPECT_NEAR(found.auroc.value, asked, 1e-12);
  EXPECT_EQ(found.controls, 9U);
  EXPECT_NEAR(found.control_mean, controls.mean(), 1e-12);
  EXPECT_DOUBLE_EQ(found.p_exact, (1.0 + as_far) / 10.0);
  const double t = (quantile(normal, asked) - probits.mean()) /
                   (probits.standard_deviation() * std::sqrt(1.0 + 1.0 / 9.0));
  EXPECT_NEAR(found.p_parametric, cdf(complement(boost::math::students_t_distribution<double>(8.0), t)),
              1e-9);
}

/// How often each P of a set is at most 0.05.
struct Found {
  int exact = 0;
  int parametric = 0;
  int rank_sum = 0;
};

Found found_in(const MutationWorld& world, int trials, std::uint64_t seed,
               const SpecificShiftOptions& options = {}) {
  support::RandomStream random(seed);
  Found count;
  for (int trial = 0; trial < trials; ++trial) {
    const MutationTables tables = made_up_tables(world, random);
    const SetSpecificity test =
        test_set_specificity(tables.gene, tables.controls, factor_set(world), options).at(0);
    count.exact += test.p_exact <= 0.05 ? 1 : 0;
    count.parametric += test.p_parametric <= 0.05 ? 1 : 0;
    count.rank_sum += test.p_rank_sum <= 0.05 ? 1 : 0;
  }
  return count;
}

TEST(SetSpecificity, FalsePositiveRateIsTheLevelAlthoughGenesMoveTogether) {
  MutationWorld world;
  world.common = 0.3;
  const Found found = found_in(world, 1000, 5);
  EXPECT_TRUE(binomial_agrees(found.exact, 1000, 0.05)) << found.exact;
  EXPECT_TRUE(binomial_agrees(found.parametric, 1000, 0.05)) << found.parametric;
  EXPECT_GT(found.rank_sum, 250);  // the test that takes genes for independent
}

TEST(SetSpecificity, FalsePositiveRateOfATwoSidedTestIsTheLevel) {
  MutationWorld world;
  world.common = 0.3;
  world.controls = 39;
  const Found found = found_in(world, 1000, 6, {ShiftScale::kPositive, 0.5, Alternative::kTwoSided});
  EXPECT_TRUE(binomial_agrees(found.exact, 1000, 0.05)) << found.exact;
  EXPECT_TRUE(binomial_agrees(found.parametric, 1000, 0.05)) << found.parametric;
}

TEST(SetSpecificity, FindsAnEffectThatOtherMutationsDoNotHave) {
  MutationWorld world;
  world.common = 0.3;
  world.effect = 1.2;
  const Found found = found_in(world, 200, 7);
  EXPECT_GT(found.exact, 180);
  EXPECT_GT(found.parametric, 180);
}

TEST(SetSpecificity, WorksWithFewControlsByTheParametricPAlone) {
  MutationWorld world;
  world.common = 0.3;
  world.controls = 6;
  const Found none = found_in(world, 1000, 8);
  EXPECT_EQ(none.exact, 0);  // 1 / 7 is the least there can be
  EXPECT_TRUE(binomial_agrees(none.parametric, 1000, 0.05)) << none.parametric;
  world.effect = 1.6;
  EXPECT_GT(found_in(world, 200, 9).parametric, 160);
}

TEST(SetSpecificity, IsCalibratedWhereTablesLackGenes) {
  // Every table lacks a tenth of the genes, and the perturbed gene of each control is one of the set.
  support::RandomStream random(10);
  MutationWorld world;
  world.common = 0.3;
  int exact = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    MutationTables tables = made_up_tables(world, random);
    const auto thin = [&](GeneRanking& table, std::size_t perturbed) {
      std::erase_if(table.genes, [&](const RankedGene& gene) {
        return gene.token == 2 + perturbed || random.bernoulli(0.1);
      });
    };
    thin(tables.gene, 0);
    for (std::size_t i = 0; i < tables.controls.size(); ++i) thin(tables.controls[i], (i + 1) % 15);
    exact +=
        test_set_specificity(tables.gene, tables.controls, factor_set(world)).at(0).p_exact <= 0.05 ? 1 : 0;
  }
  EXPECT_TRUE(binomial_agrees(exact, kTrials, 0.05)) << exact;
}

/// False positives where a mutation moves genes of like expression more: y gains `slope` × expression of the
/// mutated gene × expression of the gene. The asked gene is little expressed, and so is the set.
int found_with_controls(bool matched, std::uint64_t seed) {
  support::RandomStream random(seed);
  constexpr std::size_t kGenes = 100;
  constexpr int kTrials = 400;
  int found = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<GeneCovariates> covariates(2 + 300);
    std::vector<cells::TokenId> candidates;
    std::vector<double> expression(300);
    for (std::size_t i = 0; i < expression.size(); ++i) {
      expression[i] = i == 0 ? -1.5 : random.normal();
      const auto token = static_cast<cells::TokenId>(2 + i);
      covariates[token] = {static_cast<std::uint64_t>(1000.0 + 100.0 * expression[i]),
                           0.5 - 0.05 * expression[i]};
      candidates.push_back(token);
    }
    const auto highest_first = [&](cells::TokenId a, cells::TokenId b) {
      return expression[a - 2] > expression[b - 2];
    };
    std::vector<cells::TokenId> controls = matched_genes(covariates, 2, candidates, 19);
    if (!matched) {
      std::sort(candidates.begin(), candidates.end(), highest_first);
      controls.assign(candidates.begin(), candidates.begin() + 19);
    }
    controls.insert(controls.begin(), 2);
    std::vector<GeneRanking> tables;
    GeneSet set{"s", {}, {}};
    for (const cells::TokenId control : controls) {
      tables.emplace_back();
      for (std::size_t x = 200; x < 200 + kGenes; ++x) {
        const auto token = static_cast<cells::TokenId>(2 + x);
        const double level = 0.5 * expression[control - 2] * expression[x] + 0.5 * random.normal();
        tables.back().genes.push_back({token, 40, std::exp(level), 0.1});
        if (control == 2 && expression[x] < -0.5 && set.tokens.size() < 15) set.tokens.push_back(token);
      }
    }
    const std::vector<GeneRanking> others(tables.begin() + 1, tables.end());
    found += test_set_specificity(tables[0], others, std::vector<GeneSet>{set}).at(0).p_exact <= 0.05 ? 1 : 0;
  }
  return found;
}

TEST(SetSpecificity, NeedsControlsThatAreExpressedAsTheGeneIs) {
  EXPECT_GT(found_with_controls(false, 12), 300);  // of 400: housekeeping genes as controls of a rare factor
  EXPECT_LT(found_with_controls(true, 13), 48);    // matched_genes; 20 are due
}

TEST(SetSpecificity, HasNoPForASetThatIsNotScored) {
  support::RandomStream random(11);
  const MutationTables tables = made_up_tables({20, 5, 4, 0.0, 0.3, 0.0}, random);
  const std::vector<GeneSet> sets = {{"unscored", {900}, {}}, {"s", {2, 3}, {}}};
  const auto found = test_set_specificity(tables.gene, tables.controls, sets);
  EXPECT_TRUE(std::isnan(found[0].p_exact));
  EXPECT_TRUE(std::isnan(found[0].p_parametric));
  EXPECT_TRUE(std::isnan(found[0].fdr_exact));
  EXPECT_EQ(found[1].fdr_exact, found[1].p_exact);
}

}  // namespace
}  // namespace biodta::analysis
