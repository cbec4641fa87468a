#include <biodta/analysis/auroc.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/support/error.hpp>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr double kNoAuroc = std::numeric_limits<double>::quiet_NaN();

/// Each item's share of the items of the other kind that it is on the right side of.
struct Placements {
  std::vector<double> positive;  ///< [m]
  std::vector<double> negative;  ///< [n]
};

Placements placements_of(std::span<const double> positive, std::span<const double> negative) {
  std::vector<double> all(positive.begin(), positive.end());
  all.insert(all.end(), negative.begin(), negative.end());
  const std::vector<double> among_all = average_ranks(all);
  const std::vector<double> among_positive = average_ranks(positive);
  const std::vector<double> among_negative = average_ranks(negative);
  const auto m = static_cast<double>(positive.size());
  const auto n = static_cast<double>(negative.size());
  Placements placements;
  for (std::size_t i = 0; i < positive.size(); ++i)
    placements.positive.push_back((among_all[i] - among_positive[i]) / n);
  for (std::size_t j = 0; j < negative.size(); ++j)
    placements.negative.push_back(1.0 - (among_all[positive.size() + j] - among_negative[j]) / m);
  return placements;
}

double mean_of(const std::vector<double>& values) {
  RunningMoments moments;
  for (const double value : values) moments.add(value);
  return moments.mean();
}

/// Sample covariance (n - 1); NaN below two values.
double covariance_of(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() < 2) return kNoAuroc;
  const double mean_a = mean_of(a);
  const double mean_b = mean_of(b);
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / static_cast<double>(a.size() - 1);
}

double normal_quantile(double level) {
  return boost::math::quantile(boost::math::normal_distribution<double>(), 0.5 + level / 2.0);
}

/// Variance of an AUROC of true value `theta`: Hanley & McNeil 1982 with Newcombe's mean sample size.
double hanley_mcneil_variance(double theta, double m, double n) {
  const double mean_size = (m + n) / 2.0 - 1.0;
  return theta * (1.0 - theta) / (m * n) *
         (1.0 + mean_size * ((1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta)));
}

/// Where the observed value is as far from the true one as `z` of the true one's standard errors.
double score_limit(double value, double m, double n, double z, bool lower) {
  if (lower ? value <= 0.0 : value >= 1.0) return value;
  const auto beyond = [&](double theta) {
    return std::abs(value - theta) - z * std::sqrt(hanley_mcneil_variance(theta, m, n));
  };
  // A hair beside the observed value `beyond` is negative; at 0 and 1 themselves there is no variance.
  const double inner = lower ? value - 1e-12 : value + 1e-12;
  const double outer = lower ? 0.0 : 1.0;
  std::uintmax_t steps = 200;
  const auto root = boost::math::tools::bisect(beyond, std::min(inner, outer), std::max(inner, outer),
                                               boost::math::tools::eps_tolerance<double>(50), steps);
  return (root.first + root.second) / 2.0;
}

/// An AUROC's variance, in its two parts.
struct Variance {
  double of_positives = 0.0;
  double of_negatives = 0.0;
  double sum() const { return of_positives + of_negatives; }
};

Variance variance_of(const Placements& placements) {
  return {covariance_of(placements.positive, placements.positive) /
              static_cast<double>(placements.positive.size()),
          covariance_of(placements.negative, placements.negative) /
              static_cast<double>(placements.negative.size())};
}

/// Student's quantile with the degrees of freedom of two estimated variances.
double satterthwaite_quantile(const Variance& variance, double m, double n, double level) {
  const double freedom = variance.sum() * variance.sum() /
                         (variance.of_positives * variance.of_positives / (m - 1.0) +
                          variance.of_negatives * variance.of_negatives / (n - 1.0));
  return boost::math::quantile(boost::math::students_t_distribution<double>(freedom), 0.5 + level / 2.0);
}

void set_interval(Auroc& auroc, const Variance& variance, double m, double n, double level) {
  const double spread = auroc.value * (1.0 - auroc.value);
  if (auroc.standard_error > 0.0 && spread > 0.0) {
    const double centre = std::log(auroc.value / (1.0 - auroc.value));
    const double half = satterthwaite_quantile(variance, m, n, level) * auroc.standard_error / spread;
    auroc.low = 1.0 / (1.0 + std::exp(half - centre));
    auroc.high = 1.0 / (1.0 + std::exp(-half - centre));
    return;
  }
  const double z = normal_quantile(level);
  auroc.low = score_limit(auroc.value, m, n, z, true);
  auroc.high = score_limit(auroc.value, m, n, z, false);
}

void require_same(std::size_t found, std::size_t expected) {
  if (found != expected)
    throw Error("AUROCs of the same items: found " + std::to_string(found) + " scores, expected " +
                std::to_string(expected));
}

}  // namespace

AurocSet delong(std::span<const std::vector<double>> positive,
                std::span<const std::vector<double>> negative) {
  require_same(negative.size(), positive.size());
  std::vector<Placements> placements;
  AurocSet result;
  for (std::size_t k = 0; k < positive.size(); ++k) {
    require_same(positive[k].size(), positive[0].size());
    require_same(negative[k].size(), negative[0].size());
    placements.push_back(placements_of(positive[k], negative[k]));
    result.values.push_back(negative[k].empty() ? kNoAuroc : mean_of(placements.back().positive));
  }
  for (const auto& a : placements)
    for (const auto& b : placements)
      result.covariance.push_back(
          covariance_of(a.positive, b.positive) / static_cast<double>(a.positive.size()) +
          covariance_of(a.negative, b.negative) / static_cast<double>(a.negative.size()));
  return result;
}

Auroc auroc_with_interval(std::span<const double> positive, std::span<const double> negative, double level) {
  if (positive.empty() || negative.empty()) return {kNoAuroc, kNoAuroc, kNoAuroc, kNoAuroc};
  const Placements placements = placements_of(positive, negative);
  const Variance variance = variance_of(placements);
  Auroc auroc{mean_of(placements.positive), std::sqrt(variance.sum()), 0.0, 0.0};
  set_interval(auroc, variance, static_cast<double>(positive.size()), static_cast<double>(negative.size()),
               level);
  return auroc;
}

AurocComparison compare_aurocs(std::span<const double> first_positive, std::span<const double> first_negative,
                               std::span<const double> second_positive,
                               std::span<const double> second_negative) {
  const std::vector<std::vector<double>> above = {{first_positive.begin(), first_positive.end()},
                                                  {second_positive.begin(), second_positive.end()}};
  const std::vector<std::vector<double>> below = {{first_negative.begin(), first_negative.end()},
                                                  {second_negative.begin(), second_negative.end()}};
  const AurocSet found = delong(above, below);
  AurocComparison result;
  result.difference = found.values[0] - found.values[1];
  const double variance = found.covariance[0] + found.covariance[3] - 2.0 * found.covariance[1];
  result.standard_error = std::sqrt(std::max(variance, 0.0));
  if (std::isnan(variance)) result.standard_error = kNoAuroc;
  const double half = normal_quantile(0.95) * result.standard_error;
  result.low = result.difference - half;
  result.high = result.difference + half;
  // Scores that order the items alike differ by rounding at most.
  const bool alike = std::abs(result.difference) < 1e-14 && result.standard_error < 1e-9;
  const double z = std::abs(result.difference) / result.standard_error;
  result.p = alike ? 1.0
                   : 2.0 * boost::math::cdf(boost::math::complement(
                               boost::math::normal_distribution<double>(), std::isfinite(z) ? z : 0.0));
  if (!alike && !std::isfinite(z)) result.p = kNoAuroc;
  return result;
}

}  // namespace biodta::analysis
