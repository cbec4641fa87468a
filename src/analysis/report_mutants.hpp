#pragma once
/// @file
/// Several mutants of one gene beside each other: what each does to expression, to its row and to cells.

#include "report_figures.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/support/tsv.hpp>

#include <string>

namespace biodta::analysis {

/// A row a mutant of Report::mutants.
support::Table mutants_table(const Report& report);
/// The same on the page; empty without mutants.
std::string mutants_html(const Report& report);
/// Predicted change of expression against the shift of other genes. Needs mutants.
Figure mutants_figure(const Report& report);

}  // namespace biodta::analysis
