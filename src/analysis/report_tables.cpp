#include "report_tables.hpp"

#include "report_curves.hpp"
#include "report_dna_tables.hpp"
#include "report_format.hpp"
#include "report_genes.hpp"
#include "report_groups.hpp"
#include "report_mutants.hpp"

#include <biodta/support/tsv.hpp>

#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

support::Table gene_sets_table(const Report& report) {
  support::Table table{{},
                       {"set", "genes_listed", "genes_matched", "genes_scored", "median_shift",
                        "median_shift_others", "auroc", "auroc_low", "auroc_high", "p", "fdr"},
                       {}};
  if (!report.matched.empty())
    for (const char* name : {"matched_auroc", "matched_low", "matched_high", "matched_p", "matched_fdr"})
      table.columns.emplace_back(name);
  if (!report.specificity.empty())
    for (const char* name : {"specific_auroc", "specific_low", "specific_high", "specific_control_mean",
                             "specific_p_exact", "specific_p_parametric", "specific_fdr_parametric"})
      table.columns.emplace_back(name);
  if (!report.controls.empty())
    for (const char* name : {"control_genes", "control_auroc_mean", "control_auroc_min", "control_auroc_max",
                             "control_p_median", "control_significant"})
      table.columns.emplace_back(name);
  for (std::size_t i = 0; i < report.run.tests.size(); ++i) {
    const GeneSetTest& test = report.run.tests[i];
    std::vector<std::string> row = {test.set, std::to_string(test.listed), std::to_string(test.matched),
                                    std::to_string(test.scored)};
    for (const double value : {test.median_shift, test.median_shift_others, test.auroc, test.auroc_low,
                               test.auroc_high, test.p, test.fdr})
      row.push_back(exact_number(value));
    if (!report.matched.empty()) {
      const MatchedSetTest& matched = report.matched.at(i);
      for (const double value : {matched.matched_auroc, matched.low, matched.high, matched.p, matched.fdr})
        row.push_back(exact_number(value));
    }
    if (!report.specificity.empty()) {
      const SetSpecificity& specific = report.specificity.at(i);
      for (const double value :
           {specific.auroc.value, specific.auroc.low, specific.auroc.high, specific.control_mean,
            specific.p_exact, specific.p_parametric, specific.fdr_parametric})
        row.push_back(exact_number(value));
    }
    if (!report.controls.empty()) {
      const ControlSummary& control = report.controls.at(i);
      row.push_back(std::to_string(control.controls));
      for (const double value :
           {control.mean_auroc, control.lowest_auroc, control.highest_auroc, control.median_p})
        row.push_back(exact_number(value));
      row.push_back(std::to_string(control.significant));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

support::Table methods_table(const Report& report) {
  support::Table table{
      {}, {"method", "set", "genes_scored", "auroc", "auroc_low", "auroc_high", "p", "fdr"}, {}};
  if (!report.curves.empty()) table.columns.emplace_back("average_precision");
  for (const auto& method : report.methods) {
    for (const auto& test : method.tests) {
      std::vector<std::string> row = {method.name, test.set, std::to_string(test.scored)};
      for (const double value : {test.auroc, test.auroc_low, test.auroc_high, test.p, test.fdr})
        row.push_back(exact_number(value));
      if (!report.curves.empty()) {
        const PrecisionRecallCurve* curve = curve_of(report, method.name, test.set);
        row.push_back(curve == nullptr ? "NA" : exact_number(curve->average_precision));
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

support::Table precision_recall_table(const Report& report) {
  support::Table table{{},
                       {"method", "set", "k", "genes_ranked", "genes_in_set", "hits", "precision",
                        "precision_low", "precision_high", "recall", "recall_low", "recall_high"},
                       {}};
  for (const auto& entry : report.precision_recall) {
    std::vector<std::string> row = {entry.method, entry.set, std::to_string(entry.k),
                                    std::to_string(entry.population), std::to_string(entry.in_set)};
    for (const double value : {entry.hits, entry.precision.value, entry.precision.low, entry.precision.high,
                               entry.recall.value, entry.recall.low, entry.recall.high})
      row.push_back(exact_number(value));
    table.rows.push_back(std::move(row));
  }
  return table;
}

void write(support::Table table, const std::filesystem::path& path) {
  table.path = path;
  support::write_table(table);
}

}  // namespace

void write_tables(const Report& report, const std::filesystem::path& folder) {
  write(genes_table(report), folder / "genes.tsv");
  write(gene_sets_table(report), folder / "gene_sets.tsv");
  write(methods_table(report), folder / "methods.tsv");
  write(precision_recall_table(report), folder / "precision_recall.tsv");
  if (!report.curves.empty())
    write(precision_recall_curves_table(report), folder / "precision_recall_curves.tsv");
  if (!report.groups.empty()) write(groups_table(report), folder / "groups.tsv");
  if (!report.states.empty()) write(states_table(report), folder / "states.tsv");
  if (!has_mutants(report)) return;
  write(expression_table(report), folder / "expression.tsv");
  write(identity_table(report), folder / "identity.tsv");
  write_mutants_vcf(report, folder / "mutants.vcf");
  if (!report.mutants.empty()) write(mutants_table(report), folder / "mutants.tsv");
  for (auto [name, table] : {std::pair{"saturation.tsv", saturation_table(report)},
                             std::pair{"window_track.tsv", window_track_table(report)}})
    if (!table.rows.empty()) write(std::move(table), folder / name);
}

}  // namespace biodta::analysis
