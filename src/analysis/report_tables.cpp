#include "report_tables.hpp"

#include "report_format.hpp"
#include "report_genes.hpp"

#include <biodta/analysis/mutant_vcf.hpp>
#include <biodta/support/tsv.hpp>

#include <cmath>
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
  for (const auto& method : report.methods) {
    for (const auto& test : method.tests)
      table.rows.push_back({method.name, test.set, std::to_string(test.scored), exact_number(test.auroc),
                            exact_number(test.auroc_low), exact_number(test.auroc_high), exact_number(test.p),
                            exact_number(test.fdr)});
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

support::Table expression_table(const Report& report) {
  support::Table table{{},
                       {"gene_id", "symbol", "role", "trial", "edits", "expression_reference",
                        "expression_mutant", "fold_change", "lowers", "chosen"},
                       {}};
  for (const auto& gene : report.perturbed) {
    if (!gene.search) continue;
    for (std::size_t i = 0; i < gene.search->trials.size(); ++i) {
      const MutantTrial& trial = gene.search->trials[i];
      const double reference = gene.search->reference_expression;
      table.rows.push_back({gene.gene_id, gene.symbol, gene.control ? "control" : "target",
                            std::to_string(i + 1), std::to_string(trial.edits.size()),
                            exact_number(reference), exact_number(trial.expression),
                            exact_number(reference != 0.0 ? trial.expression / reference : std::nan("")),
                            trial.lowers ? "yes" : "no", gene.search->chosen == i ? "yes" : "no"});
    }
  }
  return table;
}

support::Table identity_table(const Report& report) {
  support::Table table{{},
                       {"gene_id", "symbol", "role", "space", "distance_to_own_reference",
                        "distance_to_nearest_other", "nearest_other", "nearest_is_own"},
                       {}};
  for (const auto& gene : report.perturbed) {
    if (!gene.identity) continue;
    for (const auto& [space, near] :
         {std::pair{"input", gene.identity->input}, std::pair{"adapted", gene.identity->adapted}})
      table.rows.push_back({gene.gene_id, gene.symbol, gene.control ? "control" : "target", space,
                            exact_number(near.own), exact_number(near.nearest), near.nearest_gene,
                            near.kept() ? "yes" : "no"});
  }
  return table;
}

support::Table saturation_table(const Report& report) {
  support::Table table{{},
                       {"gene_id", "symbol", "contig", "position", "ref", "alt", "expression_reference",
                        "expression_mutant", "fold_change", "embedding_shift"},
                       {}};
  for (const auto& gene : report.perturbed) {
    if (!gene.saturation) continue;
    const double reference = gene.saturation->reference_expression;
    for (const auto& effect : gene.saturation->effects) {
      table.rows.push_back({gene.gene_id, gene.symbol, gene.window->contig,
                            std::to_string(effect.edit.position + 1), effect.edit.ref, effect.edit.alt,
                            exact_number(reference), exact_number(effect.expression),
                            exact_number(reference != 0.0 ? effect.expression / reference : std::nan("")),
                            exact_number(effect.shift)});
    }
  }
  return table;
}

void write_mutants_vcf(const Report& report, const std::filesystem::path& path) {
  std::vector<MutatedGene> genes;
  for (const auto& gene : report.perturbed)
    if (gene.search && gene.search->chosen) genes.push_back({gene.symbol, *gene.window, *gene.search});
  write_mutants(path, genes);
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
  if (!is_mutagenesis(report)) return;
  write(expression_table(report), folder / "expression.tsv");
  write(identity_table(report), folder / "identity.tsv");
  write_mutants_vcf(report, folder / "mutants.vcf");
  const support::Table saturation = saturation_table(report);
  if (!saturation.rows.empty()) write(saturation, folder / "saturation.tsv");
}

}  // namespace biodta::analysis
