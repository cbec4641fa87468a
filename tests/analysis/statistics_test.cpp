#include "statistics_fixtures.hpp"

#include <biodta/analysis/statistics.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

Alternative alternative_of(const std::string& name) {
  if (name == "greater") return Alternative::kGreater;
  return name == "less" ? Alternative::kLess : Alternative::kTwoSided;
}

RankSumMethod method_of(const std::string& name) {
  if (name == "exact") return RankSumMethod::kExact;
  return name == "asymptotic" ? RankSumMethod::kAsymptotic : RankSumMethod::kAuto;
}

TEST(RankSum, EqualsSciPyWithTiesTinyAndLargeSamples) {
  std::size_t compared = 0;
  for (const auto& sample : cases("rank_sum.json")) {
    const auto x = sample.at("x").get<std::vector<double>>();
    const auto y = sample.at("y").get<std::vector<double>>();
    for (const auto& test : sample.at("tests")) {
      const RankSum found =
          rank_sum_test(x, y, alternative_of(test.at("alternative")), method_of(test.at("method")));
      const std::string what = sample.at("name").get<std::string>() + " " + test.dump();
      EXPECT_EQ(found.u, test.at("u").get<double>()) << what;
      EXPECT_LT(relative(found.p, test.at("p").get<double>()), 1e-9) << what << " found " << found.p;
      ++compared;
    }
  }
  EXPECT_GT(compared, 70U);
}

/// The whole numbers of a recipe of scripts/fixtures/statistics.py.
std::vector<double> recipe_values(const nlohmann::json& recipe) {
  std::vector<double> values(recipe.at("count").get<std::size_t>());
  const auto multiplier = recipe.at("multiplier").get<std::int64_t>();
  const auto modulus = recipe.at("modulus").get<std::int64_t>();
  const auto offset = recipe.at("offset").get<std::int64_t>();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<double>((multiplier * static_cast<std::int64_t>(i)) % modulus + offset);
  return values;
}

TEST(RankSum, EqualsSciPyInTensOfThousandsOfValuesAndFarInTheTails) {
  double smallest = 1.0;
  for (const auto& sample : cases("rank_sum_large.json")) {
    const std::vector<double> x = recipe_values(sample.at("x"));
    const std::vector<double> y = recipe_values(sample.at("y"));
    for (const auto& test : sample.at("tests")) {
      const RankSum found =
          rank_sum_test(x, y, alternative_of(test.at("alternative")), method_of(test.at("method")));
      const auto p = test.at("p").get<double>();
      const std::string what = sample.at("name").get<std::string>() + " " + test.dump();
      EXPECT_EQ(found.u, test.at("u").get<double>()) << what;
      EXPECT_LT(relative(found.p, p), 1e-9) << what << " found " << found.p;
      if (p > 0.0) smallest = std::min(smallest, p);
    }
  }
  EXPECT_LT(smallest, 1e-299);
}

TEST(RankSum, ExactPOfSamplesApartIsOneOfAllArrangements) {
  // The first n1 of n1 + n2 values in order: one of C(n1 + n2, n1) arrangements.
  for (const auto& [n1, n2] :
       std::vector<std::pair<std::size_t, std::size_t>>{{3, 900}, {40, 60}, {500, 520}}) {
    std::vector<double> first(n1);
    std::vector<double> second(n2);
    for (std::size_t i = 0; i < n1; ++i) first[i] = static_cast<double>(i + n2);
    for (std::size_t i = 0; i < n2; ++i) second[i] = static_cast<double>(i);
    double expected = 1.0;
    for (std::size_t i = 1; i <= n1; ++i) expected *= static_cast<double>(i) / static_cast<double>(n2 + i);
    const RankSum found = rank_sum_test(first, second, Alternative::kGreater, RankSumMethod::kExact);
    EXPECT_LT(relative(found.p, expected), 1e-12) << n1 << " " << n2 << " " << found.p;
    EXPECT_EQ(rank_sum_test(first, second, Alternative::kLess, RankSumMethod::kExact).p, 1.0);
  }
}

TEST(RankSum, ExactPIsTheShareOfAllArrangements) {
  // Every way to choose 3 of the 7 values as the first sample, by brute force.
  const std::vector<double> values = {0.3, 1.1, 1.7, 2.2, 3.1, 4.9, 5.0};
  const std::vector<double> first = {1.1, 3.1, 5.0};
  const std::vector<double> second = {0.3, 1.7, 2.2, 4.9};
  const double u = rank_sum_test(first, second).u;
  int at_least = 0;
  int all = 0;
  std::vector<bool> chosen = {true, true, true, false, false, false, false};
  do {
    double sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i)
      for (std::size_t j = 0; j < values.size(); ++j)
        sum += chosen[i] && !chosen[j] && values[i] > values[j] ? 1.0 : 0.0;
    at_least += sum >= u ? 1 : 0;
    ++all;
  } while (std::prev_permutation(chosen.begin(), chosen.end()));
  EXPECT_DOUBLE_EQ(rank_sum_test(first, second, Alternative::kGreater).p,
                   static_cast<double>(at_least) / all);
}

TEST(RankSum, AurocIsTheShareOfPairsInWhichTheFirstIsGreater) {
  support::RandomStream random(3);
  std::vector<double> first(37);
  std::vector<double> second(61);
  for (auto& value : first) value = static_cast<double>(random.below(12));
  for (auto& value : second) value = static_cast<double>(random.below(9));
  double wins = 0.0;
  for (const double a : first)
    for (const double b : second) wins += a > b ? 1.0 : (a == b ? 0.5 : 0.0);
  EXPECT_NEAR(rank_sum_test(first, second).auroc, wins / (37.0 * 61.0), 1e-14);
  EXPECT_NEAR(rank_sum_test(second, first).auroc, 1.0 - wins / (37.0 * 61.0), 1e-14);
}

TEST(RankSum, EmptySampleGivesNoP) {
  const std::vector<double> some = {1.0, 2.0};
  EXPECT_TRUE(std::isnan(rank_sum_test(some, {}).p));
  EXPECT_TRUE(std::isnan(rank_sum_test({}, some).auroc));
}

TEST(RankSum, FalsePositiveRateUnderTheNullIsTheLevel) {
  support::RandomStream random(11);
  int below = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> first(12);
    std::vector<double> second(70);
    for (auto& value : first) value = random.normal();
    for (auto& value : second) value = random.normal();
    below += rank_sum_test(first, second).p < 0.05 ? 1 : 0;
  }
  // Binomial: 200 expected, standard deviation 13.8; four of them either way.
  EXPECT_NEAR(below, 200, 56);
}

TEST(Ranks, EqualSciPyRankdata) {
  for (const auto& sample : cases("rank_sum.json")) {
    auto values = sample.at("x").get<std::vector<double>>();
    const auto y = sample.at("y").get<std::vector<double>>();
    values.insert(values.end(), y.begin(), y.end());
    const auto expected = sample.at("ranks").get<std::vector<double>>();
    if (expected.empty()) continue;
    EXPECT_EQ(average_ranks(values), expected) << sample.at("name");
  }
}

TEST(BenjaminiHochberg, EqualsSciPyToTwelveDigits) {
  for (const auto& sample : cases("fdr.json")) {
    const auto p = sample.at("p").get<std::vector<double>>();
    const auto expected = sample.at("adjusted").get<std::vector<double>>();
    const std::vector<double> found = benjamini_hochberg(p);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < p.size(); ++i) EXPECT_LT(relative(found[i], expected[i]), 1e-12) << p[i];
  }
}

TEST(BenjaminiHochberg, LeavesMissingValuesOutOfTheCount) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> with = benjamini_hochberg(std::vector<double>{0.01, nan, 0.04});
  EXPECT_TRUE(std::isnan(with[1]));
  EXPECT_THAT((std::vector<double>{with[0], with[2]}),
              ::testing::ElementsAreArray(benjamini_hochberg(std::vector<double>{0.01, 0.04})));
}

TEST(RunningMoments, SurvivesASmallSpreadOnALargeMean) {
  RunningMoments all;
  RunningMoments left;
  RunningMoments right;
  for (int i = 0; i < 1000; ++i) {
    const double value = 1e9 + i % 2;  // variance 0.25 · n / (n - 1)
    all.add(value);
    (i < 300 ? left : right).add(value);
  }
  left.merge(right);
  for (const auto& moments : {all, left}) {
    EXPECT_EQ(moments.count(), 1000U);
    EXPECT_NEAR(moments.mean(), 1e9 + 0.5, 1e-6);
    EXPECT_NEAR(moments.standard_deviation(), std::sqrt(0.25 * 1000.0 / 999.0), 1e-9);
  }
}

TEST(RunningMoments, HasNoMeanOfNothingAndNoSpreadOfOne) {
  RunningMoments moments;
  EXPECT_TRUE(std::isnan(moments.mean()));
  moments.add(3.0);
  EXPECT_EQ(moments.mean(), 3.0);
  EXPECT_TRUE(std::isnan(moments.standard_deviation()));
}

/// P(hits <= k) of the hypergeometric distribution, by its formula.
double hypergeometric_below(std::uint64_t population, std::uint64_t marked, std::uint64_t drawn,
                            std::uint64_t k) {
  const auto log_choose = [](double n, double r) {
    return std::lgamma(n + 1) - std::lgamma(r + 1) - std::lgamma(n - r + 1);
  };
  double sum = 0.0;
  for (std::uint64_t hits = 0; hits <= k; ++hits)
    sum += std::exp(log_choose(static_cast<double>(marked), static_cast<double>(hits)) +
                    log_choose(static_cast<double>(population - marked), static_cast<double>(drawn - hits)) -
                    log_choose(static_cast<double>(population), static_cast<double>(drawn)));
  return sum;
}

TEST(RandomHits, IntervalHoldsTheHypergeometricMiddle) {
  const RandomHits found = random_hits(200, 15, 50, 4000, 1);
  EXPECT_DOUBLE_EQ(found.expected, 3.75);
  EXPECT_LE(hypergeometric_below(200, 15, 50, static_cast<std::uint64_t>(found.low) - 1), 0.03);
  EXPECT_GE(hypergeometric_below(200, 15, 50, static_cast<std::uint64_t>(found.low)), 0.02);
  EXPECT_GE(hypergeometric_below(200, 15, 50, static_cast<std::uint64_t>(found.high)), 0.97);
  EXPECT_LE(hypergeometric_below(200, 15, 50, static_cast<std::uint64_t>(found.high) - 1), 0.98);
}

TEST(RandomHits, DrawingEverythingHitsEverything) {
  const RandomHits found = random_hits(30, 4, 30, 100, 1);
  EXPECT_EQ(found.low, 4.0);
  EXPECT_EQ(found.high, 4.0);
}

TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  const std::vector<double> sorted = {1.0, 2.0, 4.0, 8.0};
  EXPECT_EQ(quantile(sorted, 0.0), 1.0);
  EXPECT_EQ(quantile(sorted, 0.5), 3.0);
  EXPECT_EQ(quantile(sorted, 1.0), 8.0);
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.25), 1.75);
}

}  // namespace
}  // namespace biodta::analysis
