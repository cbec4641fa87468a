#include "statistics_fixtures.hpp"

#include <biodta/analysis/random_effects.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace biodta::analysis {
namespace {

TEST(RandomEffects, EqualThePublishedAnalysisOfTheBcgTrials) {
  // 13 trials of the BCG vaccine (Colditz et al. 1994): cases and healthy, vaccinated and not; log relative
  // risks. Expected: DerSimonian-Laird as the metafor package documents it for these data.
  const std::vector<std::array<double, 4>> trials = {
      {4, 119, 11, 128},     {6, 300, 29, 274},      {3, 228, 11, 209},        {62, 13536, 248, 12619},
      {33, 5036, 47, 5761},  {180, 1361, 372, 1079}, {8, 2537, 10, 619},       {505, 87886, 499, 87892},
      {29, 7470, 45, 7232},  {17, 1699, 65, 1600},   {186, 50448, 141, 27197}, {5, 2493, 3, 2338},
      {27, 16886, 29, 17825}};
  std::vector<double> effects;
  std::vector<double> variances;
  for (const auto& [a, b, c, d] : trials) {
    effects.push_back(std::log(a / (a + b) / (c / (c + d))));
    variances.push_back(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d));
  }
  const RandomEffects found = random_effects(effects, variances);
  EXPECT_NEAR(found.estimate, -0.7141, 5e-5);
  EXPECT_NEAR(found.standard_error, 0.1787, 5e-5);
  EXPECT_NEAR(found.tau_squared, 0.3088, 5e-5);
  EXPECT_NEAR(found.i_squared, 0.9212, 5e-5);
  EXPECT_NEAR(found.q, 152.2330, 5e-4);
  EXPECT_NEAR(found.low, -1.0644, 5e-5);
  EXPECT_NEAR(found.high, -0.3638, 5e-5);
  EXPECT_LT(found.heterogeneity_p, 1e-4);
}

TEST(RandomEffects, NeedTwoGroupsWithErrors) {
  EXPECT_THROW(random_effects(std::vector<double>{1.0}, std::vector<double>{1.0}), Error);
  EXPECT_THROW(random_effects(std::vector<double>{1.0, 2.0}, std::vector<double>{1.0, 0.0}), Error);
  EXPECT_THROW(random_effects_of_correlated(std::vector<double>{1.0, 2.0}, std::vector<double>{1.0, 1.0}),
               Error);
}

/// How often over simulated studies the interval held the truth, and heterogeneity was found.
struct Coverage {
  int held = 0;
  int held_if_independent = 0;
  int heterogeneous = 0;
};

Coverage coverage(double shared, double between, int trials, std::uint64_t seed) {
  support::RandomStream random(seed);
  Coverage count;
  constexpr std::size_t kGroups = 8;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> effects;
    std::vector<double> variances;
    std::vector<double> covariance;
    const double common = random.normal(0.0, std::sqrt(shared));
    for (std::size_t i = 0; i < kGroups; ++i) {
      const double own = 0.1 + 0.05 * static_cast<double>(i);
      effects.push_back(0.4 + common + random.normal(0.0, std::sqrt(own)) +
                        random.normal(0.0, std::sqrt(between)));
      variances.push_back(shared + own);
      for (std::size_t j = 0; j < kGroups; ++j) covariance.push_back(shared + (i == j ? own : 0.0));
    }
    const RandomEffects found = random_effects_of_correlated(effects, covariance);
    const RandomEffects naive = random_effects(effects, variances);
    count.held += found.low <= 0.4 && 0.4 <= found.high ? 1 : 0;
    count.held_if_independent += naive.low <= 0.4 && 0.4 <= naive.high ? 1 : 0;
    count.heterogeneous += found.heterogeneity_p < 0.05 ? 1 : 0;
  }
  return count;
}

TEST(RandomEffects, IntervalHoldsTheTruthWhenErrorsAreShared) {
  const Coverage found = coverage(0.3, 0.0, 2000, 3);
  EXPECT_GT(found.held, 1860);
  EXPECT_LT(found.held_if_independent, 1500);  // taking groups for independent
  EXPECT_TRUE(binomial_agrees(found.heterogeneous, 2000, 0.05)) << found.heterogeneous;
  EXPECT_GT(coverage(0.3, 2.0, 200, 4).heterogeneous, 190);
}

}  // namespace
}  // namespace biodta::analysis
