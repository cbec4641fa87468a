#include <biodta/analysis/random_effects.hpp>
#include <biodta/support/error.hpp>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

/// A small square matrix, rows one after another.
struct SquareMatrix {
  std::size_t size = 0;
  std::vector<double> values;
  double& at(std::size_t i, std::size_t j) { return values[i * size + j]; }
  double at(std::size_t i, std::size_t j) const { return values[i * size + j]; }
};

SquareMatrix product(const SquareMatrix& a, const SquareMatrix& b) {
  SquareMatrix result{a.size, std::vector<double>(a.size * a.size, 0.0)};
  for (std::size_t i = 0; i < a.size; ++i)
    for (std::size_t k = 0; k < a.size; ++k)
      for (std::size_t j = 0; j < a.size; ++j) result.at(i, j) += a.at(i, k) * b.at(k, j);
  return result;
}

double trace(const SquareMatrix& matrix) {
  double sum = 0.0;
  for (std::size_t i = 0; i < matrix.size; ++i) sum += matrix.at(i, i);
  return sum;
}

double weighted_mean(std::span<const double> effects, const std::vector<double>& weights) {
  double sum = 0.0;
  double all = 0.0;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    sum += weights[i] * effects[i];
    all += weights[i];
  }
  return sum / all;
}

/// 1 / (variance of each group + tau²).
std::vector<double> weights_with(const SquareMatrix& covariance, double tau_squared) {
  std::vector<double> weights;
  for (std::size_t i = 0; i < covariance.size; ++i)
    weights.push_back(1.0 / (covariance.at(i, i) + tau_squared));
  return weights;
}

/// The matrix of q as a quadratic form of the effects: W - w w' / sum w.
SquareMatrix form_of_q(const std::vector<double>& weights) {
  double all = 0.0;
  for (const double weight : weights) all += weight;
  SquareMatrix form{weights.size(), std::vector<double>(weights.size() * weights.size())};
  for (std::size_t i = 0; i < form.size; ++i)
    for (std::size_t j = 0; j < form.size; ++j)
      form.at(i, j) = (i == j ? weights[i] : 0.0) - weights[i] * weights[j] / all;
  return form;
}

void set_heterogeneity(RandomEffects& result, std::span<const double> effects,
                       const SquareMatrix& covariance) {
  const std::vector<double> weights = weights_with(covariance, 0.0);
  const double mean = weighted_mean(effects, weights);
  for (std::size_t i = 0; i < effects.size(); ++i)
    result.q += weights[i] * (effects[i] - mean) * (effects[i] - mean);
  const SquareMatrix form = form_of_q(weights);
  const SquareMatrix moments = product(form, covariance);
  const double expected = trace(moments);
  const double variance = 2.0 * trace(product(moments, moments));
  result.tau_squared = std::max(0.0, (result.q - expected) / trace(form));
  result.i_squared = result.q > 0.0 ? std::max(0.0, (result.q - expected) / result.q) : 0.0;
  if (!(expected > 0.0 && variance > 0.0)) return;
  const boost::math::chi_squared_distribution<double> matched(2.0 * expected * expected / variance);
  result.heterogeneity_p = cdf(complement(matched, result.q * 2.0 * expected / variance));
}

void set_estimate(RandomEffects& result, std::span<const double> effects, const SquareMatrix& covariance) {
  const std::vector<double> weights = weights_with(covariance, result.tau_squared);
  double all = 0.0;
  double variance = 0.0;
  for (std::size_t i = 0; i < covariance.size; ++i) {
    all += weights[i];
    for (std::size_t j = 0; j < covariance.size; ++j)
      variance += weights[i] * weights[j] * (covariance.at(i, j) + (i == j ? result.tau_squared : 0.0));
  }
  const boost::math::normal_distribution<double> normal;
  result.estimate = weighted_mean(effects, weights);
  result.standard_error = std::sqrt(variance) / all;
  const double half = quantile(normal, 0.975) * result.standard_error;
  result.low = result.estimate - half;
  result.high = result.estimate + half;
  result.p = 2.0 * cdf(complement(normal, std::abs(result.estimate) / result.standard_error));
}

}  // namespace

RandomEffects random_effects_of_correlated(std::span<const double> effects,
                                           std::span<const double> covariance) {
  const SquareMatrix matrix{effects.size(), {covariance.begin(), covariance.end()}};
  if (effects.size() < 2 || covariance.size() != effects.size() * effects.size())
    throw Error("random effects: found " + std::to_string(effects.size()) + " groups and " +
                std::to_string(covariance.size()) + " covariances, expected two groups and their square");
  for (std::size_t i = 0; i < matrix.size; ++i)
    if (!(matrix.at(i, i) > 0.0))
      throw Error("random effects: found a variance of " + std::to_string(matrix.at(i, i)) +
                  ", expected all above 0");
  RandomEffects result;
  result.groups = effects.size();
  set_heterogeneity(result, effects, matrix);
  set_estimate(result, effects, matrix);
  return result;
}

RandomEffects random_effects(std::span<const double> effects, std::span<const double> variances) {
  std::vector<double> covariance(variances.size() * variances.size(), 0.0);
  for (std::size_t i = 0; i < variances.size(); ++i) covariance[i * variances.size() + i] = variances[i];
  return random_effects_of_correlated(effects, covariance);
}

}  // namespace biodta::analysis
