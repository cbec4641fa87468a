#pragma once
/// @file
/// Groups of cells (donors, regions) beside each other, and movement toward cell states.

#include "report_figures.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/support/tsv.hpp>

#include <string>
#include <vector>

namespace biodta::analysis {

/// A forest plot a set, "groups_1", … by the place of the set: a line a group, the estimate over groups
/// below. Of many sets, the first.
std::vector<Figure> group_figures(const Report& report);
/// A row a set and group (`kind` "group"), and one over groups (`kind` "pooled").
support::Table groups_table(const Report& report);
/// Estimates over groups, and how much groups differ; empty without groups.
std::string groups_html(const Report& report);

/// Which way cells move, in words: toward, away, or neither where the mean is within two standard errors of
/// 0.
std::string direction_of(const StateShift& state);
support::Table states_table(const Report& report);
/// Empty without states.
std::string states_html(const Report& report);

}  // namespace biodta::analysis
