#include <biodta/enformer/positional_basis.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <vector>

namespace biodta::enformer {
namespace {

/// Value `index` of `count` evenly spaced ones; a single one is `first`.
double evenly_spaced(double first, double last, std::int64_t index, std::int64_t count) {
  if (count == 1) return first;
  return first + (last - first) * static_cast<double>(index) / static_cast<double>(count - 1);
}

/// One column of a family, as a function of |distance|, for distances 0 … bins − 1.
std::vector<double> column_of(std::int64_t bins, const std::function<double(double)>& feature) {
  std::vector<double> column(static_cast<std::size_t>(bins));
  for (std::size_t d = 0; d < column.size(); ++d) column[d] = feature(static_cast<double>(d));
  return column;
}

std::vector<double> exponential_column(std::int64_t bins, std::int64_t index, std::int64_t count) {
  const double half_life = std::exp2(evenly_spaced(3.0, std::log2(static_cast<double>(bins)), index, count));
  return column_of(bins, [=](double d) { return std::exp(-std::numbers::ln2 / half_life * d); });
}

std::vector<double> central_mask_column(std::int64_t bins, std::int64_t index, std::int64_t) {
  const double width = std::exp2(static_cast<double>(index + 1)) - 1.0;
  return column_of(bins, [=](double d) { return width > d ? 1.0 : 0.0; });
}

std::vector<double> gamma_column(std::int64_t bins, std::int64_t index, std::int64_t count) {
  const auto length = static_cast<double>(bins);
  const double deviation = length / (2.0 * static_cast<double>(count));
  const double mean = evenly_spaced(length / static_cast<double>(count), length, index, count);
  const double concentration = (mean / deviation) * (mean / deviation);
  const double rate = mean / (deviation * deviation);
  const double log_normalisation = std::lgamma(concentration) - concentration * std::log(rate);
  auto column = column_of(bins, [=](double d) {
    // The concentration is at least 4, so the density at distance 0 is 0.
    const double density =
        d == 0.0 ? 0.0 : std::exp((concentration - 1.0) * std::log(d) - rate * d - log_normalisation);
    return density + 1e-8;
  });
  const double highest = *std::max_element(column.begin(), column.end());
  for (double& value : column) value /= highest;
  return column;
}

}  // namespace

torch::Tensor positional_basis(std::int64_t bins, std::int64_t features, const torch::Tensor& gammas_PG) {
  if (bins < 1) throw ConfigError("positional basis: " + std::to_string(bins) + " bins, expected at least 1");
  if (features < 6 || features % 6 != 0) {
    throw ConfigError("positional basis: " + std::to_string(features) +
                      " features, expected a multiple of 6 (dim / heads)");
  }
  const std::int64_t per_family = features / 6;
  const std::int64_t half = features / 2;
  auto basis_PF = torch::empty({2 * bins - 1, features});
  float* out = basis_PF.data_ptr<float>();
  std::int64_t column = 0;
  for (const auto& family : {exponential_column, central_mask_column, gamma_column}) {
    for (std::int64_t index = 0; index < per_family; ++index, ++column) {
      const auto values = family(bins, index, per_family);
      for (std::int64_t d = 1 - bins; d < bins; ++d) {
        const auto value = static_cast<float>(values[static_cast<std::size_t>(std::abs(d))]);
        float* row = out + (d + bins - 1) * features;
        row[column] = value;
        row[half + column] = d == 0 ? 0.0F : (d < 0 ? -value : value);
      }
    }
  }
  if (gammas_PG.defined()) {
    const auto signs_P1 = torch::arange(1 - bins, bins).sign().unsqueeze(1);
    basis_PF.narrow(1, 2 * per_family, per_family).copy_(gammas_PG);
    basis_PF.narrow(1, half + 2 * per_family, per_family).copy_(gammas_PG * signs_P1);
  }
  return basis_PF;
}

}  // namespace biodta::enformer
