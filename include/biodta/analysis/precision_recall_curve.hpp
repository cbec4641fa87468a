#pragma once
/// @file
/// Precision and recall of gene sets at every cut of a ranking, for figures, and the average precision, which
/// needs no cut to be chosen.

#include <biodta/analysis/evaluation.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::analysis {

/// The k genes that moved most.
struct CurvePoint {
  std::size_t k = 0;
  std::size_t hits = 0;    ///< of the set among them
  double precision = 0.0;  ///< hits / k
  double recall = 0.0;     ///< hits / genes of the set
};

struct PrecisionRecallCurve {
  std::string method;
  std::string set;
  std::size_t population = 0;  ///< genes ranked
  std::size_t in_set = 0;      ///< of them in the set
  /// Sum over cuts of (recall - recall of the cut before) × precision, as scikit-learn's
  /// average_precision_score; NaN where in_set is 0.
  double average_precision = 0.0;
  double prevalence = 0.0;         ///< in_set / population: the precision of a random order at any cut
  std::vector<CurvePoint> points;  ///< by k; empty where in_set is 0
};

/// Genes of equal shift are cut together, so that the order of tokens says nothing.
/// @param most_points  thinned to so many, closer together among the first genes; the first and the last cut
/// are kept. At least 2, else ConfigError. The average precision is of all cuts.
/// @return one curve a set, in order. O(genes) a set.
std::vector<PrecisionRecallCurve> precision_recall_curves(std::string_view method, const GeneRanking& ranking,
                                                          std::span<const GeneSet> sets,
                                                          std::size_t most_points = 300);

}  // namespace biodta::analysis
