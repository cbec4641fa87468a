#include "statistics_fixtures.hpp"

#include <biodta/analysis/moderated_variance.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace biodta::analysis {
namespace {

TEST(ModeratedVariances, EqualTheFixture) {
  for (const auto& sample : cases("moderated_variance.json")) {
    const auto variances = sample.at("variances").get<std::vector<double>>();
    const auto freedom = sample.at("freedom").get<std::vector<double>>();
    const ModeratedVariance found = moderate_variances(variances, freedom);
    if (sample.at("prior_freedom").is_null())
      EXPECT_TRUE(std::isinf(found.prior_freedom)) << sample.at("name");
    else
      EXPECT_LT(relative(found.prior_freedom, sample.at("prior_freedom").get<double>()), 1e-7)
          << sample.at("name");
    EXPECT_LT(relative(found.prior_variance, sample.at("prior_variance").get<double>()), 1e-9)
        << sample.at("name");
    const auto moderated = sample.at("moderated").get<std::vector<double>>();
    for (std::size_t i = 0; i < moderated.size(); ++i)
      EXPECT_LT(relative(found.variances[i], moderated[i]), 1e-7);
  }
}

TEST(ModeratedVariances, RecoverThePriorThatTheyAreDrawnFrom) {
  // 1 / s² = chi²(d0) / (d0 s0²), d0 = 8, s0² = 0.09; samples with 5 degrees of freedom.
  support::RandomStream random(3);
  std::vector<double> variances(20000);
  for (auto& variance : variances) {
    const double truth = 8.0 * 0.09 / random.gamma(4.0, 2.0);
    variance = truth * random.gamma(2.5, 2.0) / 5.0;
  }
  const ModeratedVariance found = moderate_variances(variances, std::vector<double>(variances.size(), 5.0));
  EXPECT_NEAR(found.prior_freedom, 8.0, 0.5);
  EXPECT_NEAR(found.prior_variance, 0.09, 0.002);
  EXPECT_NEAR(found.freedom[0], found.prior_freedom + 5.0, 1e-12);
}

TEST(ModeratedVariances, AreLeftAloneWhereThereIsNothingToLearnFrom) {
  const ModeratedVariance two =
      moderate_variances(std::vector<double>{1.0, 4.0}, std::vector<double>{3.0, 3.0});
  EXPECT_EQ(two.prior_freedom, 0.0);
  EXPECT_EQ(two.variances[1], 4.0);
  const ModeratedVariance none = moderate_variances(std::vector<double>(5, 0.0), std::vector<double>(5, 3.0));
  EXPECT_EQ(none.variances[0], 0.0);
  EXPECT_THROW(moderate_variances(std::vector<double>{1.0}, {}), Error);
}

}  // namespace
}  // namespace biodta::analysis
