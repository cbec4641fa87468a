#include <biodta/analysis/moderated_variance.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/support/error.hpp>

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace biodta::analysis {
namespace {

/// The y with trigamma(y) = x, x > 0: Newton on 1 / trigamma, which converges from below (Smyth 2004,
/// appendix).
double inverse_trigamma(double x) {
  if (x > 1e7) return 1.0 / std::sqrt(x);
  if (x < 1e-6) return 1.0 / x;
  double y = 0.5 + 1.0 / x;
  for (int step = 0; step < 50; ++step) {
    const double value = boost::math::trigamma(y);
    const double change = value * (1.0 - value / x) / boost::math::polygamma(2, y);
    y += change;
    if (-change / y < 1e-12) break;
  }
  return y;
}

/// Variances no smaller than what their logarithm can bear; empty where all are 0.
std::vector<double> usable_variances(std::span<const double> variances, std::span<const double> freedom) {
  std::vector<double> used;
  for (std::size_t i = 0; i < variances.size(); ++i)
    if (freedom[i] > 0.0) used.push_back(variances[i]);
  if (used.empty()) return used;
  std::vector<double> sorted = used;
  std::sort(sorted.begin(), sorted.end());
  double middle = quantile(sorted, 0.5);
  if (!(middle > 0.0)) middle = sorted.back();
  if (!(middle > 0.0)) return {};
  for (double& variance : used) variance = std::max(variance, 1e-5 * middle);
  return used;
}

void fit_prior(ModeratedVariance& fit, const std::vector<double>& variances,
               std::span<const double> freedom) {
  RunningMoments logs;
  RunningMoments noise;  // what the log variances' own sampling adds to their variance
  std::size_t next = 0;
  for (const double d : freedom) {
    if (!(d > 0.0)) continue;
    logs.add(std::log(variances[next++]) - boost::math::digamma(d / 2.0) + std::log(d / 2.0));
    noise.add(boost::math::trigamma(d / 2.0));
  }
  const double spread = logs.standard_deviation() * logs.standard_deviation() - noise.mean();
  if (spread > 0.0) {
    const double half = inverse_trigamma(spread);
    fit.prior_freedom = 2.0 * half;
    fit.prior_variance = std::exp(logs.mean() + boost::math::digamma(half) - std::log(half));
  } else {
    fit.prior_freedom = std::numeric_limits<double>::infinity();
    fit.prior_variance = std::exp(logs.mean());
  }
}

}  // namespace

ModeratedVariance moderate_variances(std::span<const double> variances, std::span<const double> freedom) {
  if (variances.size() != freedom.size())
    throw Error("variances: found " + std::to_string(variances.size()) + " of them and " +
                std::to_string(freedom.size()) + " degrees of freedom, expected as many");
  ModeratedVariance fit;
  fit.prior_variance = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> used = usable_variances(variances, freedom);
  if (used.size() >= 3) fit_prior(fit, used, freedom);
  double all = 0.0;
  for (const double d : freedom) all += d;
  for (std::size_t i = 0; i < variances.size(); ++i) {
    const double d = freedom[i];
    double variance = std::numeric_limits<double>::quiet_NaN();
    if (std::isinf(fit.prior_freedom))
      variance = fit.prior_variance;
    else if (fit.prior_freedom > 0.0)
      variance = (fit.prior_freedom * fit.prior_variance + (d > 0.0 ? d * variances[i] : 0.0)) /
                 (fit.prior_freedom + d);
    else if (d > 0.0)
      variance = variances[i];
    fit.variances.push_back(variance);
    fit.freedom.push_back(std::min(fit.prior_freedom + d, all));
  }
  return fit;
}

}  // namespace biodta::analysis
