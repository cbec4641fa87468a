#pragma once
/// @file
/// Precision against recall at every cut of a ranking, and the average precision.

#include "report_figures.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/support/tsv.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace biodta::analysis {

/// A figure a set that has a curve, called "precision_recall_curve_1", … by the place of the set: every
/// method a line, and what a random order gives. Of many sets, the first.
std::vector<Figure> precision_recall_curve_figures(const Report& report);
/// method, set, genes_ranked, genes_in_set, k, hits, precision, recall: a row a point of a curve.
support::Table precision_recall_curves_table(const Report& report);
/// Average precision of every method and set as a table; empty without curves.
std::string average_precision_html(const Report& report);
/// The curve of a method and set; nullptr where there is none.
const PrecisionRecallCurve* curve_of(const Report& report, std::string_view method, std::string_view set);

}  // namespace biodta::analysis
