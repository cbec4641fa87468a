#include "shift_matrix.hpp"

#include <biodta/analysis/false_discovery.hpp>
#include <biodta/analysis/moderated_variance.hpp>
#include <biodta/analysis/specific_shift.hpp>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace biodta::analysis {
namespace {

/// A gene's values under the controls.
RunningMoments under_controls(const ShiftMatrix& matrix, std::size_t gene) {
  RunningMoments moments;
  for (std::size_t table = 1; table < matrix.tables(); ++table)
    if (!std::isnan(matrix.levelled(table)[gene])) moments.add(matrix.levelled(table)[gene]);
  return moments;
}

double student_p(double t, double freedom, Alternative alternative) {
  if (std::isnan(t)) return t;
  const auto upper = [&](double value) {
    if (std::isinf(freedom)) return cdf(complement(boost::math::normal_distribution<double>(), value));
    return cdf(complement(boost::math::students_t_distribution<double>(freedom), value));
  };
  if (alternative == Alternative::kTwoSided) return 2.0 * upper(std::abs(t));
  return upper(alternative == Alternative::kGreater ? t : -t);
}

/// t and P of each gene from the moderated variances.
void test_genes(SpecificShifts& result, const ModeratedVariance& variance, Alternative alternative) {
  for (std::size_t i = 0; i < result.genes.size(); ++i) {
    SpecificGene& gene = result.genes[i];
    const double error = std::sqrt(variance.variances[i] * (1.0 + 1.0 / static_cast<double>(gene.controls)));
    gene.t = error > 0.0 ? gene.specific / error : std::numeric_limits<double>::quiet_NaN();
    gene.freedom = variance.freedom[i];
    gene.p = student_p(gene.t, gene.freedom, alternative);
  }
  set_false_discovery_rates(result.genes, &SpecificGene::p, &SpecificGene::fdr);
}

std::unordered_map<cells::TokenId, std::uint64_t> cells_of(const GeneRanking& ranking) {
  std::unordered_map<cells::TokenId, std::uint64_t> cells;
  for (const auto& gene : ranking.genes) cells.emplace(gene.token, gene.cells);
  return cells;
}

}  // namespace

SpecificShifts specific_shifts(const GeneRanking& gene, std::span<const GeneRanking> controls,
                               const SpecificShiftOptions& options) {
  const ShiftMatrix matrix(gene, controls, options);
  const std::vector<double> specific = matrix.specific(0);
  SpecificShifts result;
  std::vector<double> variances;
  std::vector<double> freedom;
  for (std::size_t x = 0; x < specific.size(); ++x) {
    if (std::isnan(specific[x])) continue;
    const RunningMoments others = under_controls(matrix, x);
    result.genes.push_back({matrix.tokens()[x], others.count(), specific[x], 0.0, 0.0, 1.0, 1.0});
    variances.push_back(others.standard_deviation() * others.standard_deviation());
    freedom.push_back(static_cast<double>(others.count() - 1));
  }
  const ModeratedVariance variance = moderate_variances(variances, freedom);
  result.prior_freedom = variance.prior_freedom;
  test_genes(result, variance, options.alternative);

  const auto cells = cells_of(gene);
  for (std::size_t i = 0; i < result.genes.size(); ++i) {
    const SpecificGene& scored = result.genes[i];
    result.ranking.genes.push_back(
        {scored.token, cells.at(scored.token), scored.specific, std::sqrt(variance.variances[i])});
  }
  const auto larger = [](double a, double b) { return a > b; };
  std::stable_sort(result.genes.begin(), result.genes.end(),
                   [&](const auto& a, const auto& b) { return larger(a.specific, b.specific); });
  std::stable_sort(result.ranking.genes.begin(), result.ranking.genes.end(),
                   [&](const auto& a, const auto& b) { return larger(a.mean_shift, b.mean_shift); });
  return result;
}

}  // namespace biodta::analysis
