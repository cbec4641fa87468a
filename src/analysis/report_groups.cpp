#include "report_groups.hpp"

#include "report_format.hpp"
#include "report_html_table.hpp"
#include "report_layout.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace biodta::analysis {
namespace {

/// Sets that have a figure of their own; all are in the table and the file.
constexpr std::size_t kMostForests = 8;
constexpr std::string_view kPooled = "over groups";

bool has_groups(const GroupSummary& summary) {
  return std::any_of(summary.groups.begin(), summary.groups.end(),
                     [](const GroupAuroc& group) { return !std::isnan(group.auroc.value); });
}

/// Points with their intervals.
struct ForestRows {
  Json x = Json::array();
  Json y = Json::array();
  Json above = Json::array();
  Json below = Json::array();
  Json text = Json::array();

  void add(const std::string& name, double value, double low, double high, const std::string& words) {
    x.push_back(value);
    y.push_back(name);
    above.push_back(high - value);
    below.push_back(value - low);
    text.push_back(words + ", " + fixed_number(low, 2) + "–" + fixed_number(high, 2));
  }
};

Json forest_trace(ForestRows rows, const MarkerLook& look) {
  Json trace = marker_trace(look, std::move(rows.x), std::move(rows.y), std::move(rows.text),
                            "AUROC %{x:.3f}<br>%{text}<extra></extra>");
  trace["error_x"] = {{"type", "data"},
                      {"symmetric", false},
                      {"array", std::move(rows.above)},
                      {"arrayminus", std::move(rows.below)},
                      {"color", look.colour},
                      {"thickness", 1.5},
                      {"width", 4}};
  return trace;
}

/// Groups in their order from above, the estimate over them below.
Json group_axis(const GroupSummary& summary) {
  Json names = Json::array();
  for (const auto& group : summary.groups)
    if (!std::isnan(group.auroc.value)) names.push_back(wrapped(group.group));
  if (summary.logit) names.push_back(kPooled);
  return category_axis(std::move(names));
}

Figure forest_figure(const Report& report, std::size_t set) {
  const GroupSummary& summary = report.groups[set];
  ForestRows groups;
  for (const auto& group : summary.groups)
    if (!std::isnan(group.auroc.value))
      groups.add(wrapped(group.group), group.auroc.value, group.auroc.low, group.auroc.high,
                 support::counted(group.cells, "cell"));
  Json data = Json::array();
  data.push_back(forest_trace(std::move(groups),
                              {html_escape(report.group_column), std::string(kThisRun), "square", 9}));
  if (summary.logit) {
    ForestRows pooled;
    pooled.add(std::string(kPooled), summary.auroc, summary.low, summary.high,
               support::counted(summary.logit->groups, "group"));
    data.push_back(
        forest_trace(std::move(pooled), {std::string(kPooled), std::string(kChosen), "diamond", 14}));
  }
  Json x = axis("AUROC");
  x["range"] = {0, 1};
  const Json names = group_axis(summary);
  Json layout = base_layout(std::move(x), names, height_of_rows(names, 24));
  layout["shapes"] = Json::array({vertical_line(0.5)});
  return {"groups_" + std::to_string(set + 1),
          summary.set + " by " + report.group_column,
          "A line a group of cells, with its 95 % interval; below, the mean over groups like these.",
          {{"data", std::move(data)}, {"layout", std::move(layout)}}};
}

std::string percent_text(double share) {
  return fixed_number(100.0 * share, 0) + " %";
}

std::vector<std::string> pooled_cells(const GroupSummary& summary) {
  if (!summary.logit) return {"–", "–", "–", "–", "–"};
  const RandomEffects& logit = *summary.logit;
  return {interval_html(summary.auroc, summary.low, summary.high), html_number(p_number(logit.p)),
          html_number(small_number(logit.tau_squared)), percent_text(logit.i_squared),
          html_number(p_number(logit.heterogeneity_p))};
}

/// Each counts once for every mutant that was put into it.
std::uint64_t measured_cells(const Report& report, const StateShift& state) {
  return state.shift.count() / std::max<std::uint64_t>(1, report.mutants.size());
}

}  // namespace

std::vector<Figure> group_figures(const Report& report) {
  std::vector<Figure> figures;
  for (std::size_t set = 0; set < report.groups.size() && figures.size() < kMostForests; ++set)
    if (has_groups(report.groups[set])) figures.push_back(forest_figure(report, set));
  return figures;
}

support::Table groups_table(const Report& report) {
  support::Table table{{},
                       {"set", "kind", "group", "groups", "cells", "genes_scored", "auroc", "auroc_low",
                        "auroc_high", "p", "tau_squared", "i_squared", "heterogeneity_p"},
                       {}};
  for (const auto& summary : report.groups) {
    for (const auto& group : summary.groups)
      table.rows.push_back({summary.set, "group", group.group, "1", std::to_string(group.cells),
                            std::to_string(group.scored), exact_number(group.auroc.value),
                            exact_number(group.auroc.low), exact_number(group.auroc.high), "NA", "NA", "NA",
                            "NA"});
    if (!summary.logit) continue;
    const RandomEffects& logit = *summary.logit;
    std::uint64_t cells = 0;
    for (const auto& group : summary.groups) cells += group.cells;
    table.rows.push_back({summary.set, "pooled", "", std::to_string(logit.groups), std::to_string(cells),
                          std::to_string(summary.common_scored), exact_number(summary.auroc),
                          exact_number(summary.low), exact_number(summary.high), exact_number(logit.p),
                          exact_number(logit.tau_squared), exact_number(logit.i_squared),
                          exact_number(logit.heterogeneity_p)});
  }
  return table;
}

std::string groups_html(const Report& report) {
  if (report.groups.empty()) return {};
  HtmlTable table({"Gene set", "Groups", "AUROC over groups", "P", "τ²", "I²", "P of heterogeneity"});
  for (const auto& summary : report.groups) {
    std::vector<std::string> row = {
        html_escape(summary.set), count_text(summary.logit ? summary.logit->groups : summary.groups.size())};
    for (auto& cell : pooled_cells(summary)) row.push_back(std::move(cell));
    table.row(row);
  }
  return paragraph("Cells of one " + html_escape(report.group_column) +
                   " are no independent evidence; groups are. Here each " + html_escape(report.group_column) +
                   " has its own ranking of genes.") +
         table.finish() +
         "<p class=\"caption\">AUROC over groups: a random-effects mean on the logit scale (DerSimonian and "
         "Laird), with the covariance that comes from scoring the same genes in every group; its P is "
         "against "
         "0.5, takes genes for independent and does not know of control genes. τ²: variance between groups "
         "on that scale. I²: share of the "
         "differences between groups that chance within groups does not explain; its P, of heterogeneity, is "
         "small where groups truly differ. “–”: fewer than two groups could be scored. All groups are in "
         "groups.tsv.</p>\n";
}

std::string direction_of(const StateShift& state, std::uint64_t cells) {
  const double mean = state.shift.mean();
  const double error = state.shift.standard_deviation() / std::sqrt(static_cast<double>(cells));
  if (std::isnan(mean) || std::isnan(error)) return "unknown";
  if (std::abs(mean) <= 2.0 * error) return "neither";
  return mean > 0.0 ? "toward" : "away";
}

support::Table states_table(const Report& report) {
  support::Table table{{}, {"state", "state_cells", "cells", "mean_shift", "sd_shift", "direction"}, {}};
  for (const auto& state : report.states)
    table.rows.push_back({state.name, std::to_string(state.cells),
                          std::to_string(measured_cells(report, state)), exact_number(state.shift.mean()),
                          exact_number(state.shift.standard_deviation()),
                          direction_of(state, measured_cells(report, state))});
  return table;
}

std::string states_html(const Report& report) {
  if (report.states.empty()) return {};
  HtmlTable table({"State", "Cells of the state", "Cells perturbed", "Mean shift", "SD over cells",
                   "<Perturbed cells move"});
  for (const auto& state : report.states) {
    const std::uint64_t cells = measured_cells(report, state);
    const std::string way = direction_of(state, cells);
    table.row({html_escape(state.name), count_text(state.cells), count_text(cells),
               html_number(small_number(state.shift.mean())),
               html_number(small_number(state.shift.standard_deviation())),
               way == "neither"   ? "neither toward it nor away"
               : way == "unknown" ? "–"
               : way == "away"    ? "<strong>away</strong> from it"
                                  : "<strong>toward</strong> it"});
  }
  return table.finish() +
         "<p class=\"caption\">Shift: cosine similarity of the cell’s embedding (the mean over its genes) "
         "with "
         "the mean of the state’s cells, after the perturbation less before. Above 0 cells move toward the "
         "state; “neither” where the mean is within two standard errors of 0. Cells of one donor are no "
         "independent evidence, so no P is given. The same table is in states.tsv.</p>\n";
}

}  // namespace biodta::analysis
