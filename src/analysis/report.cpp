#include "report_curves.hpp"
#include "report_direction.hpp"
#include "report_figures.hpp"
#include "report_format.hpp"
#include "report_groups.hpp"
#include "report_html.hpp"
#include "report_mutants.hpp"
#include "report_precision_recall.hpp"
#include "report_tables.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace biodta::analysis {
namespace {

/// Letters of UTF-8 text, so that columns stand straight whatever a gene set is called.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

/// Rows as aligned columns, the first `left` of them to the left and the others to the right.
std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t left) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blank(widths[i] - width_of(row[i]), ' ');
      line += (i > 0 ? "  " : "") + (i < left ? row[i] + blank : blank + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string interval_text(double value, double low, double high) {
  if (std::isnan(value)) return fixed_number(value, 3);
  return fixed_number(value, 3) + " (" + fixed_number(low, 2) + "-" + fixed_number(high, 2) + ")";
}

std::string gene_set_text(const Report& report) {
  std::vector<std::vector<std::string>> rows = {{"gene set", "genes"}};
  if (!report.specificity.empty()) rows[0].insert(rows[0].end(), {"specific AUROC", "P", "exact P"});
  rows[0].insert(rows[0].end(), {"AUROC", "P"});
  if (!report.matched.empty()) rows[0].emplace_back("matched P");
  if (!report.controls.empty()) rows[0].emplace_back("control AUROC");
  for (std::size_t i = 0; i < report.run.tests.size(); ++i) {
    const GeneSetTest& test = report.run.tests[i];
    std::vector<std::string> row = {test.set, std::to_string(test.scored)};
    if (!report.specificity.empty()) {
      const SetSpecificity& specific = report.specificity.at(i);
      row.insert(row.end(), {interval_text(specific.auroc.value, specific.auroc.low, specific.auroc.high),
                             p_number(specific.p_parametric), p_number(specific.p_exact)});
    }
    row.insert(row.end(), {interval_text(test.auroc, test.auroc_low, test.auroc_high), p_number(test.p)});
    if (!report.matched.empty()) row.push_back(p_number(report.matched.at(i).p));
    if (!report.controls.empty()) {
      const ControlSummary& control = report.controls.at(i);
      row.push_back(interval_text(control.mean_auroc, control.lowest_auroc, control.highest_auroc));
    }
    rows.push_back(std::move(row));
  }
  return aligned(rows, 1);
}

std::string methods_text(const Report& report) {
  std::vector<std::vector<std::string>> rows = {{"gene set", "method", "AUROC", "P"}};
  for (std::size_t i = 0; i < report.sets.size(); ++i)
    for (const auto& method : report.methods)
      if (method.tests.at(i).scored > 0)
        rows.push_back({report.sets[i].name, method.name, fixed_number(method.tests.at(i).auroc, 3),
                        p_number(method.tests.at(i).p)});
  return aligned(rows, 2);
}

std::string share_text(const Share& share) {
  std::string text = fixed_number(share.value, 3);
  if (share.high > share.low)
    text += " (" + fixed_number(share.low, 2) + "-" + fixed_number(share.high, 2) + ")";
  return text;
}

/// Of the first set that is scored: with several sets and methods the whole fills a screen.
std::string precision_recall_text(const Report& report) {
  std::vector<std::vector<std::string>> rows = {{"gene set", "method", "k", "precision", "recall"}};
  const auto first = std::find_if(report.precision_recall.begin(), report.precision_recall.end(),
                                  [](const PrecisionRecall& entry) { return entry.in_set > 0; });
  if (first == report.precision_recall.end()) return {};
  for (const auto& entry : report.precision_recall)
    if (entry.set == first->set)
      rows.push_back({entry.set, entry.method, std::to_string(entry.k), share_text(entry.precision),
                      share_text(entry.recall)});
  const std::string rest = report.sets.size() > 1 ? "(other sets: precision_recall.tsv)\n" : "";
  return "\n" + aligned(rows, 2) + rest;
}

/// Which way sets go.
std::string direction_text(const Report& report) {
  std::vector<std::vector<std::string>> rows = {{"gene set", "abundance goes", "AUROC of going up", "P"}};
  for (const auto& test : report.direction)
    if (test.scored > 0)
      rows.push_back({test.set, direction_word(test), fixed_number(test.auroc, 3), p_number(test.p)});
  return rows.size() > 1 ? "\n" + aligned(rows, 2) : "";
}

std::vector<Figure> figures_of(const Report& report) {
  std::vector<Figure> figures = {auroc_figure(report), distribution_figure(report), rank_figure(report)};
  const auto add = [&](std::vector<Figure> more) {
    for (auto& figure : more) figures.push_back(std::move(figure));
  };
  add(dna_figures(report));
  if (!report.mutants.empty()) figures.push_back(mutants_figure(report));
  add(group_figures(report));
  add(precision_recall_figures(report));
  add(precision_recall_curve_figures(report));
  return figures;
}

}  // namespace

void check_report_folder(const std::filesystem::path& folder, bool overwrite) {
  support::require_writable(folder);
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(folder, ignored))) return;
  if (!overwrite)
    throw ConfigError("output: " + folder.string() + " is there already",
                      "add --overwrite to replace it, or name another with --output");
  if (!support::may_replace(folder, "report.html"))
    throw ConfigError("output: found " + folder.string() +
                          ", which is no report (it has no report.html), expected a report to overwrite",
                      "remove it by hand, or choose another folder");
}

void write_report(const Report& report, const std::filesystem::path& folder, bool overwrite) {
  check_report_folder(folder, overwrite);
  support::AtomicPath whole(folder);
  const std::filesystem::path& place = whole.temporary();
  std::filesystem::create_directories(place / "figures");
  write_tables(report, place);
  const std::vector<Figure> figures = figures_of(report);
  for (const auto& figure : figures)
    support::write_text_file(place / "figures" / (figure.name + ".json"), figure.text(1) + "\n");
  support::write_text_file(place / "config.yaml", report.config);
  support::write_text_file(place / "report.html", report_page(report, figures));
  whole.commit();
}

std::string summary_text(const Report& report) {
  const std::string methods = report.methods.size() > 1 ? "\n" + methods_text(report) : "";
  return gene_set_text(report) + direction_text(report) + methods + precision_recall_text(report);
}

}  // namespace biodta::analysis
