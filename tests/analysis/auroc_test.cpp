#include "statistics_fixtures.hpp"

#include <biodta/analysis/auroc.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace biodta::analysis {
namespace {

using Scores = std::vector<std::vector<double>>;

/// DeLong's error from all pairs, O(m n).
double error_by_pairs(const std::vector<double>& positive, const std::vector<double>& negative) {
  const auto wins = [](double a, double b) { return a > b ? 1.0 : (a == b ? 0.5 : 0.0); };
  const auto variance = [&](const std::vector<double>& mine, const std::vector<double>& theirs, bool above) {
    double sum = 0.0;
    double squares = 0.0;
    const auto count = static_cast<double>(mine.size());
    for (const double a : mine) {
      double share = 0.0;
      for (const double b : theirs) share += above ? wins(a, b) : wins(b, a);
      share /= static_cast<double>(theirs.size());
      sum += share;
      squares += share * share;
    }
    return (squares - sum * sum / count) / (count - 1.0) / count;
  };
  return std::sqrt(variance(positive, negative, true) + variance(negative, positive, false));
}

TEST(Auroc, AndItsErrorEqualTheFormulaOverAllPairs) {
  support::RandomStream random(5);
  for (const std::uint64_t steps : {1000000ULL, 12ULL, 3ULL}) {
    std::vector<double> positive(37);
    std::vector<double> negative(61);
    for (auto& value : positive) value = static_cast<double>(random.below(steps) + steps / 10);
    for (auto& value : negative) value = static_cast<double>(random.below(steps));
    EXPECT_NEAR(auroc_with_interval(positive, negative).standard_error, error_by_pairs(positive, negative),
                1e-14);
  }
}

TEST(Auroc, CovarianceAndComparisonEqualTheFixture) {
  for (const auto& sample : cases("auroc.json")) {
    const auto positive = sample.at("positive").get<Scores>();
    const auto negative = sample.at("negative").get<Scores>();
    const AurocSet found = delong(positive, negative);
    for (std::size_t k = 0; k < 2; ++k)
      EXPECT_NEAR(found.values[k], sample.at("aurocs").at(k).get<double>(), 1e-14) << sample.at("name");
    for (std::size_t k = 0; k < 4; ++k)
      EXPECT_LT(relative(found.covariance[k], sample.at("covariance").at(k).get<double>()), 1e-9);
    const AurocComparison compared = compare_aurocs(positive[0], negative[0], positive[1], negative[1]);
    EXPECT_NEAR(compared.difference, sample.at("difference").get<double>(), 1e-14);
    EXPECT_LT(relative(compared.standard_error, sample.at("error").get<double>()), 1e-9);
    EXPECT_LT(relative(compared.p, sample.at("p").get<double>()), 1e-9);
  }
}

TEST(Auroc, IntervalHoldsTheTruthAsOftenAsItSays) {
  // Normal scores, positives higher by d: the true AUROC is Phi(d / sqrt 2).
  struct Setting {
    std::size_t positives;
    double apart;
    double truth;
    double least;
  };
  support::RandomStream random(17);
  for (const auto& [positives, apart, truth, least] : std::vector<Setting>{{5, 0.0, 0.5, 0.93},
                                                                           {15, 0.0, 0.5, 0.935},
                                                                           {15, 1.190232, 0.8, 0.93},
                                                                           {40, 2.326174, 0.95, 0.91}}) {
    int held = 0;
    constexpr int kTrials = 2000;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<double> positive(positives);
      std::vector<double> negative(170);
      for (auto& value : positive) value = random.normal(apart);
      for (auto& value : negative) value = random.normal();
      const Auroc found = auroc_with_interval(positive, negative);
      held += found.low <= truth && truth <= found.high ? 1 : 0;
    }
    EXPECT_GT(held, least * kTrials) << positives << " " << truth;
    EXPECT_LT(held, 0.98 * kTrials) << positives << " " << truth;
  }
}

TEST(Auroc, HasAWidthWherePositivesAndNegativesAreApart) {
  const std::vector<double> above = {5.0, 6.0, 7.0};
  const std::vector<double> below = {0.0, 1.0, 2.0, 3.0};
  const Auroc one = auroc_with_interval(above, below);
  EXPECT_EQ(one.value, 1.0);
  EXPECT_EQ(one.standard_error, 0.0);
  EXPECT_EQ(one.high, 1.0);
  // Newcombe's equation holds at the limit: (1 - t)² = z² V(t), m = 3, n = 4.
  const double t = one.low;
  const double variance = t * (1 - t) / 12.0 * (1.0 + 2.5 * ((1 - t) / (2 - t) + t / (1 + t)));
  EXPECT_NEAR(1.0 - t, 1.959963984540054 * std::sqrt(variance), 1e-9);
  const Auroc none = auroc_with_interval(below, above);
  EXPECT_EQ(none.value, 0.0);
  EXPECT_NEAR(none.high, 1.0 - one.low, 1e-9);
  const Auroc single = auroc_with_interval(std::vector<double>{1.5}, below);
  EXPECT_TRUE(std::isnan(single.standard_error));
  EXPECT_LT(single.low, 0.5);
  EXPECT_GT(single.high, 0.5);
}

TEST(Auroc, OfNoPairIsNotANumber) {
  EXPECT_TRUE(std::isnan(auroc_with_interval({}, std::vector<double>{1.0}).value));
  EXPECT_TRUE(std::isnan(auroc_with_interval(std::vector<double>{1.0}, {}).low));
}

TEST(CompareAurocs, FindsNoDifferenceBetweenAScoreAndItsLogarithm) {
  const std::vector<double> positive = {1.0, 4.0, 3.0, 9.0};
  const std::vector<double> negative = {0.5, 2.0, 3.0, 1.5, 0.7};
  std::vector<double> log_positive;
  std::vector<double> log_negative;
  for (const double value : positive) log_positive.push_back(std::log(value));
  for (const double value : negative) log_negative.push_back(std::log(value));
  const AurocComparison found = compare_aurocs(positive, negative, log_positive, log_negative);
  EXPECT_EQ(found.difference, 0.0);
  EXPECT_EQ(found.p, 1.0);
}

TEST(CompareAurocs, FalsePositiveRateOfTwoEquallyGoodScoresIsTheLevel) {
  support::RandomStream random(23);
  int below = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<std::vector<double>> scores(4);  // positives, negatives of the first, then of the second
    for (int item = 0; item < 120; ++item) {
      const double common = random.normal(item < 30 ? 1.0 : 0.0);
      for (std::size_t score = 0; score < 2; ++score)
        scores[2 * score + (item < 30 ? 0 : 1)].push_back(common + random.normal());
    }
    below += compare_aurocs(scores[0], scores[1], scores[2], scores[3]).p < 0.05 ? 1 : 0;
  }
  EXPECT_TRUE(binomial_agrees(below, kTrials, 0.05)) << below;
}

TEST(CompareAurocs, RefusesScoresOfOtherItems) {
  const std::vector<double> three = {1.0, 2.0, 3.0};
  const std::vector<double> two = {1.0, 2.0};
  EXPECT_THROW(compare_aurocs(three, three, two, three), Error);
}

}  // namespace
}  // namespace biodta::analysis
