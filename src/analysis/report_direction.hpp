#pragma once
/// @file
/// Which way genes go: the signed readout in tables and on the page. Internal to the room.

#include <biodta/analysis/report.hpp>
#include <biodta/support/tsv.hpp>

#include <string>

namespace biodta::analysis {

/// Every gene that the model can name, seen in these cells or not, largest change first.
support::Table readout_table(const Report& report);
/// "down" or "up", of the AUROC that a set goes up where its P is below 0.05; else "not shown", and "–" for
/// a set that was not tested.
std::string direction_word(const GeneSetTest& test);
/// Sets by the signed readout.
support::Table direction_table(const Report& report);
/// Empty without a readout.
std::string direction_html(const Report& report);

}  // namespace biodta::analysis
