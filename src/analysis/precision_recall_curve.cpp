#include <biodta/analysis/precision_recall_curve.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace biodta::analysis {
namespace {

/// The curve at every cut between genes of different shift.
std::vector<CurvePoint> all_cuts(const GeneRanking& ranking, const GeneSet& set, std::size_t in_set) {
  std::vector<CurvePoint> points;
  std::size_t hits = 0;
  const auto& genes = ranking.genes;
  for (std::size_t i = 0; i < genes.size(); ++i) {
    hits += set.contains(genes[i].token) ? 1 : 0;
    if (i + 1 < genes.size() && genes[i + 1].mean_shift == genes[i].mean_shift) continue;
    points.push_back({i + 1, hits, static_cast<double>(hits) / static_cast<double>(i + 1),
                      static_cast<double>(hits) / static_cast<double>(in_set)});
  }
  return points;
}

double average_precision_of(const std::vector<CurvePoint>& points) {
  double sum = 0.0;
  double recall = 0.0;
  for (const auto& point : points)
    sum += (point.recall - std::exchange(recall, point.recall)) * point.precision;
  return sum;
}

/// At most `most` of the points, spaced as squares.
std::vector<CurvePoint> thinned(std::vector<CurvePoint> points, std::size_t most) {
  if (points.size() <= most) return points;
  const auto last = static_cast<double>(points.size() - 1);
  std::vector<CurvePoint> kept;
  for (std::size_t i = 0; i < most; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(most - 1);
    const CurvePoint& point = points[static_cast<std::size_t>(share * share * last + 0.5)];
    if (kept.empty() || kept.back().k != point.k) kept.push_back(point);
  }
  return kept;
}

}  // namespace

std::vector<PrecisionRecallCurve> precision_recall_curves(std::string_view method, const GeneRanking& ranking,
                                                          std::span<const GeneSet> sets,
                                                          std::size_t most_points) {
  if (most_points < 2)
    throw ConfigError("points of a curve: found " + std::to_string(most_points) + ", expected at least 2");
  std::vector<PrecisionRecallCurve> curves;
  for (const auto& set : sets) {
    PrecisionRecallCurve curve{std::string(method),
                               set.name,
                               ranking.genes.size(),
                               0,
                               std::numeric_limits<double>::quiet_NaN(),
                               0.0,
                               {}};
    for (const auto& gene : ranking.genes) curve.in_set += set.contains(gene.token) ? 1 : 0;
    if (curve.in_set > 0) {
      curve.prevalence = static_cast<double>(curve.in_set) / static_cast<double>(curve.population);
      std::vector<CurvePoint> points = all_cuts(ranking, set, curve.in_set);
      curve.average_precision = average_precision_of(points);
      curve.points = thinned(std::move(points), most_points);
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace biodta::analysis
