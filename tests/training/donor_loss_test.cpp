#include <biodta/support/random.hpp>
#include <biodta/training/donor_loss.hpp>

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace biodta::training {
namespace {

TEST(DonorLoss, IsTheFormula) {
  torch::manual_seed(3);
  const auto predicted = torch::randn({4, 6}, torch::kFloat64),
             measured = torch::randn({4, 6}, torch::kFloat64);
  const auto x = predicted.accessor<double, 2>(), y = measured.accessor<double, 2>();
  double expected = 0;
  for (int g = 0; g < 4; ++g) {
    double mean_x = 0, mean_y = 0;
    for (int k = 0; k < 6; ++k) {
      mean_x += x[g][k] / 6;
      mean_y += y[g][k] / 6;
    }
    for (int k = 0; k < 6; ++k) expected += std::pow(x[g][k] - mean_x - (y[g][k] - mean_y), 2);
    expected += 0.25 * 6 * std::pow(mean_x + 1.5 - mean_y, 2);
  }
  EXPECT_NEAR(donor_loss_sum(predicted, measured, 1.5, 0.25).item<double>(), expected, 1e-10);
}

TEST(DonorLoss, WithoutTheMeansTermIsBlindToWhatAllDonorsOfAGeneShare) {
  torch::manual_seed(3);
  const auto predicted = torch::randn({4, 6}, torch::kFloat64),
             measured = torch::randn({4, 6}, torch::kFloat64);
  const auto shifted = predicted + torch::randn({4, 1}, torch::kFloat64);
  EXPECT_NEAR(donor_loss_sum(shifted, measured, 0, 0).item<double>(),
              donor_loss_sum(predicted, measured, 0, 0).item<double>(), 1e-10);
  EXPECT_GT(donor_loss_sum(shifted, measured, 0, 1).item<double>(),
            donor_loss_sum(predicted, measured, 0, 0).item<double>() + 0.1);
}

DonorExpression random_expression(std::size_t genes, std::size_t donors) {
  support::RandomStream random(6);
  DonorExpression expression{donors, {}, {}};
  for (std::size_t i = 0; i < genes * donors; ++i) {
    expression.predicted.push_back(random.normal());
    expression.measured.push_back(0.5 * expression.predicted.back() + random.normal());
  }
  return expression;
}

double torch_correlation(std::vector<double> x, std::vector<double> y) {
  return torch::corrcoef(
             torch::stack({torch::tensor(x, torch::kFloat64), torch::tensor(y, torch::kFloat64)}))[0][1]
      .item<double>();
}

TEST(DonorFigures, AreTheCorrelationsOverDonorsAndOverGenes) {
  auto expression = random_expression(7, 5);
  // Gene 2 has no prediction that varies, gene 4 no measurement.
  for (std::size_t donor = 0; donor < 5; ++donor) {
    expression.predicted[2 * 5 + donor] = 0.1;
    expression.measured[4 * 5 + donor] = std::log(3.0);
  }
  const std::array<std::uint32_t, 6> set = {0, 1, 2, 4, 5, 6};
  Metrics metrics;
  add_donor_figures(expression, set, "some", metrics);

  std::vector<double> over_donors, mean_x, mean_y;
  for (const auto gene : set) {
    const auto first = static_cast<std::ptrdiff_t>(gene * 5);
    const std::vector<double> x(expression.predicted.begin() + first,
                                expression.predicted.begin() + first + 5);
    const std::vector<double> y(expression.measured.begin() + first, expression.measured.begin() + first + 5);
    if (gene != 2 && gene != 4) over_donors.push_back(torch_correlation(x, y));
    mean_x.push_back((x[0] + x[1] + x[2] + x[3] + x[4]) / 5);
    mean_y.push_back((y[0] + y[1] + y[2] + y[3] + y[4]) / 5);
  }
  std::sort(over_donors.begin(), over_donors.end());
  EXPECT_EQ(metrics.at("genes.some"), 4);
  EXPECT_NEAR(metrics.at("pearson_donors.some"),
              (over_donors[0] + over_donors[1] + over_donors[2] + over_donors[3]) / 4, 1e-10);
  EXPECT_NEAR(metrics.at("median_donors.some"), (over_donors[1] + over_donors[2]) / 2, 1e-10);
  EXPECT_NEAR(metrics.at("pearson_genes.some"), torch_correlation(mean_x, mean_y), 1e-10);
  const auto all = correlations_over_donors(expression);
  EXPECT_TRUE(std::isnan(all[2]) && std::isnan(all[4]));
  EXPECT_FALSE(std::isnan(all[3]));
}

TEST(DonorFigures, OfNoGeneAreNone) {
  Metrics metrics;
  add_donor_figures(random_expression(3, 4), {}, "none", metrics);
  EXPECT_TRUE(metrics.empty());
}

}  // namespace
}  // namespace biodta::training
