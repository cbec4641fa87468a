#pragma once
/// @file
/// The table of all ranked genes: as genes.tsv, and on the page, where it can be searched and sorted.

#include <biodta/analysis/report.hpp>
#include <biodta/support/tsv.hpp>

#include <string>

namespace biodta::analysis {

support::Table genes_table(const Report& report);
/// The first genes as HTML, and all of them as JSON for report_page.js.
std::string genes_html(const Report& report);

}  // namespace biodta::analysis
