#include "shift_matrix.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace biodta::analysis {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

double least_positive(const GeneRanking& ranking) {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& gene : ranking.genes)
    if (gene.mean_shift > 0.0) least = std::min(least, gene.mean_shift);
  return least;
}

double root_mean_square(const GeneRanking& ranking) {
  double squares = 0.0;
  for (const auto& gene : ranking.genes) squares += gene.mean_shift * gene.mean_shift;
  return std::sqrt(squares / static_cast<double>(ranking.genes.size()));
}

double median_present(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return 0.0;
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

std::vector<ShiftMatrix::GeneTotal> gene_totals(const std::vector<std::vector<double>>& tables) {
  std::vector<ShiftMatrix::GeneTotal> totals(tables.front().size());
  for (const auto& table : tables)
    for (std::size_t x = 0; x < table.size(); ++x)
      if (!std::isnan(table[x])) {
        totals[x].sum += table[x];
        ++totals[x].tables;
      }
  return totals;
}

/// How far a table lies above the genes' means: the median, which a set that moves does not move.
double level_of(const std::vector<double>& table, const std::vector<ShiftMatrix::GeneTotal>& totals) {
  std::vector<double> above(table.size());
  for (std::size_t x = 0; x < table.size(); ++x)
    above[x] = table[x] - totals[x].sum / static_cast<double>(totals[x].tables);
  return median_present(std::move(above));
}

}  // namespace

ShiftMatrix::ShiftMatrix(const GeneRanking& gene, std::span<const GeneRanking> controls,
                         const SpecificShiftOptions& options) {
  if (controls.size() < 2)
    throw ConfigError("specific shifts: found " + std::to_string(controls.size()) +
                      " control genes, expected at least 2");
  if (!(options.least_share > 0.0 && options.least_share <= 1.0))
    throw ConfigError("least_share: found " + std::to_string(options.least_share) +
                      ", expected a share above 0 and at most 1");
  for (const auto& control : controls)
    for (const auto& ranked : control.genes) tokens_.push_back(ranked.token);
  for (const auto& ranked : gene.genes) tokens_.push_back(ranked.token);
  std::sort(tokens_.begin(), tokens_.end());
  tokens_.erase(std::unique(tokens_.begin(), tokens_.end()), tokens_.end());
  const double share = options.least_share * static_cast<double>(controls.size());
  least_ = std::max<std::size_t>(2, static_cast<std::size_t>(std::ceil(share)));
  read(gene, options.scale);
  for (const auto& control : controls) read(control, options.scale);
  level();
  totals_ = gene_totals(levelled_);
}

void ShiftMatrix::read(const GeneRanking& ranking, ShiftScale scale) {
  const double least = least_positive(ranking);
  const double size = root_mean_square(ranking);
  std::vector<double> values(tokens_.size(), kAbsent);
  for (const auto& gene : ranking.genes) {
    const auto x = std::lower_bound(tokens_.begin(), tokens_.end(), gene.token) - tokens_.begin();
    double& value = values[static_cast<std::size_t>(x)];
    if (scale == ShiftScale::kSigned)
      value = size > 0.0 ? gene.mean_shift / size : 0.0;
    else
      value = std::isinf(least) ? 0.0 : std::log(std::max(gene.mean_shift, least));
  }
  levelled_.push_back(std::move(values));
}

void ShiftMatrix::level() {
  // Alternating fits of genes and tables; where no table lacks a gene the first is final.
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<GeneTotal> totals = gene_totals(levelled_);
    std::vector<double> levels;
    RunningMoments mean;
    for (const auto& table : levelled_) {
      levels.push_back(level_of(table, totals));
      mean.add(levels.back());
    }
    double largest = 0.0;
    for (std::size_t table = 0; table < levelled_.size(); ++table) {
      const double change = levels[table] - mean.mean();
      for (double& value : levelled_[table]) value -= change;
      largest = std::max(largest, std::abs(change));
    }
    if (largest < 1e-9) break;
  }
}

std::vector<double> ShiftMatrix::specific(std::size_t table) const {
  const std::vector<double>& mine = levelled_[table];
  std::vector<double> result(tokens_.size(), kAbsent);
  for (std::size_t x = 0; x < tokens_.size(); ++x) {
    if (std::isnan(mine[x]) || totals_[x].tables < least_ + 1) continue;
    result[x] = mine[x] - (totals_[x].sum - mine[x]) / static_cast<double>(totals_[x].tables - 1);
  }
  return result;
}

}  // namespace biodta::analysis
