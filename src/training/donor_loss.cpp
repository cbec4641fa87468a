#include <biodta/training/donor_loss.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace biodta::training {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

std::span<const double> row(const std::vector<double>& values, std::size_t gene, std::size_t donors) {
  return std::span(values).subspan(gene * donors, donors);
}

}  // namespace

torch::Tensor donor_loss_sum(const torch::Tensor& predicted_GK, const torch::Tensor& measured_GK,
                             double level, double mean_weight) {
  const auto predicted_G1 = predicted_GK.mean(1, /*keepdim=*/true),
             measured_G1 = measured_GK.mean(1, /*keepdim=*/true);
  const auto within = ((predicted_GK - predicted_G1) - (measured_GK - measured_G1)).square().sum();
  const auto between = (predicted_G1 + level - measured_G1).square().sum();
  return within + mean_weight * static_cast<double>(predicted_GK.size(1)) * between;
}

double pearson(std::span<const double> x, std::span<const double> y) {
  const double mean_x = mean_of(x), mean_y = mean_of(y);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  // Of equal values the mean is off by rounding: that is no variance.
  const auto varies = [](double squares, double mean, std::size_t count) {
    const double rounding = 1e-12 * std::max(1.0, std::abs(mean));
    return squares > static_cast<double>(count) * rounding * rounding;
  };
  if (!varies(xx, mean_x, x.size()) || !varies(yy, mean_y, y.size()))
    return std::numeric_limits<double>::quiet_NaN();
  return xy / std::sqrt(xx * yy);
}

std::vector<double> correlations_over_donors(const DonorExpression& expression) {
  const auto donors = expression.donors;
  std::vector<double> correlations;
  for (std::size_t gene = 0; gene < expression.predicted.size() / donors; ++gene) {
    correlations.push_back(
        pearson(row(expression.predicted, gene, donors), row(expression.measured, gene, donors)));
  }
  return correlations;
}

void add_donor_figures(const DonorExpression& expression, std::span<const std::uint32_t> genes,
                       std::string_view set, Metrics& metrics) {
  if (genes.empty()) return;
  const auto donors = expression.donors;
  const auto all = correlations_over_donors(expression);
  std::vector<double> correlations, predicted, measured;
  for (const auto gene : genes) {
    if (!std::isnan(all[gene])) correlations.push_back(all[gene]);
    predicted.push_back(mean_of(row(expression.predicted, gene, donors)));
    measured.push_back(mean_of(row(expression.measured, gene, donors)));
  }
  const std::string suffix = "." + std::string(set);
  metrics["genes" + suffix] = static_cast<double>(correlations.size());
  if (!correlations.empty()) {
    metrics["pearson_donors" + suffix] = mean_of(correlations);
    metrics["median_donors" + suffix] = median_of(correlations);
  }
  const double over_genes = pearson(predicted, measured);
  if (!std::isnan(over_genes)) metrics["pearson_genes" + suffix] = over_genes;
}

}  // namespace biodta::training
