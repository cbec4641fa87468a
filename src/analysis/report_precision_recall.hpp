#pragma once
/// @file
/// The report's figures of precision and recall among the genes that moved most.

#include "report_figures.hpp"

#include <biodta/analysis/report.hpp>

#include <vector>

namespace biodta::analysis {

/// Bars by set and method, two figures for each k.
std::vector<Figure> precision_recall_figures(const Report& report);

}  // namespace biodta::analysis
