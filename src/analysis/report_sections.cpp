#include "report_sections.hpp"

#include "report_format.hpp"
#include "report_html_table.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

std::string paragraph(const std::string& html) {
  return "<p>" + html + "</p>\n";
}
std::string count(std::uint64_t value) {
  return support::with_thousands(value);
}

std::string plural(std::uint64_t value, const std::string& one, const std::string& many) {
  return count(value) + " " + (value == 1 ? one : many);
}

/// "−43 %".
std::string percent_change(double before, double after) {
  if (before == 0.0) return "–";
  const double change = 100.0 * (after / before - 1.0);
  return std::string(change < 0 ? "−" : "+") + fixed_number(std::abs(change), 0) + " %";
}

std::string mutation_sentence(const Report& report) {
  const PerturbedGene& gene = main_gene(report);
  const MutantSearch& search = *gene.search;
  const MutantTrial& taken = chosen_trial(gene);
  const auto lowering = static_cast<std::uint64_t>(std::count_if(
      search.trials.begin(), search.trials.end(), [](const MutantTrial& trial) { return trial.lowers; }));
  return "Of " + plural(search.trials.size(), "random mutant", "random mutants") +
         " of the DNA around the start of " + html_escape(gene.symbol) + ", " + count(lowering) +
         (lowering == 1 ? " lowers" : " lower") +
         " the expression that the DNA model predicts. The one taken changes " +
         plural(taken.edits.size(), "base", "bases") + " and takes it from " +
         html_number(small_number(search.reference_expression)) + " to " +
         html_number(small_number(taken.expression)) + " (" +
         percent_change(search.reference_expression, taken.expression) + ").";
}

std::string identity_sentence(const std::string& symbol, const Nearness& near, const std::string& space) {
  const std::string distances = " (distance " + small_number(near.own) + ", against " +
                                small_number(near.nearest) + " to " + html_escape(near.nearest_gene) +
                                ", the nearest other gene)";
  if (near.kept()) return space + " the mutant is still nearest to " + html_escape(symbol) + distances + ".";
  return space + " <strong>the mutant is nearer to another gene than to " + html_escape(symbol) +
         "</strong>" + distances + ": to the model it looks like a substituted gene as much as like " +
         html_escape(symbol) + " with lower expression.";
}

std::string share_cell(const Share& share) {
  std::string text = fixed_number(share.value, 3);
  if (share.high > share.low)
    text += " <span class=\"faint\">(" + fixed_number(share.low, 2) + "–" + fixed_number(share.high, 2) +
            ")</span>";
  return text;
}

}  // namespace

std::string notes_html(const Report& report) {
  if (report.notes.empty()) return {};
  std::string html = "<aside class=\"notes\" role=\"note\"><h2>Read this first</h2><ul>\n";
  for (const auto& note : report.notes) html += "<li>" + html_escape(note) + "</li>\n";
  return html + "</ul></aside>\n";
}

std::string summary_html(const Report& report) {
  const std::string symbol = html_escape(report.symbol);
  std::string html;
  if (is_mutagenesis(report)) html += paragraph(mutation_sentence(report));
  html += paragraph(
      "Each of " + plural(main_gene(report).cells, "cell", "cells") + " that " +
      (main_gene(report).cells == 1 ? "expresses " : "express ") + symbol + " (of " +
      count(report.cells.with_gene) + " such among " + count(report.cells.passed) +
      " chosen from) ran through the model twice, " +
      (is_mutagenesis(report) ? "with the reference embedding of " + symbol + " and with the mutant’s"
                              : "as it is and without its token " + symbol) +
      ". A gene’s shift is 1 − the cosine similarity of its contextual embedding before and after, averaged "
      "over cells; " +
      count(report.run.ranking.genes.size()) + " genes are ranked by it" +
      (report.run.ranking.too_few_cells > 0
           ? " (" + count(report.run.ranking.too_few_cells) + " more were seen in too few cells)"
           : "") +
      ".");
  if (report.run.perturbed.count() > 0)
    html += paragraph(symbol + " itself moves by " + html_number(small_number(report.run.perturbed.mean())) +
                      " (standard deviation " +
                      html_number(small_number(report.run.perturbed.standard_deviation())) +
                      " over cells); it is not among the ranked genes.");
  return html;
}

namespace {

/// "0.71 (0.55–0.83)".
std::string interval_cell(double value, double low, double high) {
  if (std::isnan(value)) return fixed_number(value, 2);
  return "<strong>" + fixed_number(value, 2) + "</strong> <span class=\"faint\">(" + fixed_number(low, 2) +
         "–" + fixed_number(high, 2) + ")</span>";
}

std::string gene_sets_caption(const Report& report) {
  std::string html =
      "<p class=\"caption\">AUROC: chance that a gene of the set moves more than another scored gene (0.5 = "
      "no "
      "difference), with its 95 % interval. ";
  if (!report.specificity.empty())
    html +=
        "<strong>Specific</strong>: the same on each gene’s shift relative to what mutations of the control "
        "genes do to it; its P asks whether the set stands out from what those mutations do to the set "
        "(exact: "
        "the rank among " +
        count(report.specificity.front().controls + 1) +
        " mutations; the other from a normal model of them), and stays right where genes move together. ";
  html +=
      "<strong>Any gene</strong>: against all other scored genes, by Wilcoxon’s rank-sum test, which takes "
      "genes "
      "for independent and overstates. ";
  if (!report.matched.empty())
    html +=
        "<strong>Like expression</strong>: P against sets of genes that are seen as often and rank as high. ";
  return html +
         "Controls: AUROC of the set when a control gene is perturbed instead. FDR: Benjamini–Hochberg over "
         "the sets.</p>\n";
}

}  // namespace

std::string gene_sets_html(const Report& report) {
  std::vector<std::string> columns = {"Gene set", "Scored", "of listed"};
  if (!report.specificity.empty())
    for (const char* name : {"Specific: AUROC", "P", "exact P"}) columns.emplace_back(name);
  for (const char* name : {"Any gene: AUROC", "P", "FDR"}) columns.emplace_back(name);
  if (!report.matched.empty()) columns.emplace_back("Like expression: P");
  if (!report.controls.empty()) columns.emplace_back("Controls: AUROC");
  HtmlTable table(columns);
  for (std::size_t i = 0; i < report.run.tests.size(); ++i) {
    const GeneSetTest& test = report.run.tests[i];
    std::vector<std::string> row = {html_escape(test.set), count(test.scored), count(test.listed)};
    if (!report.specificity.empty()) {
      const SetSpecificity& specific = report.specificity.at(i);
      row.insert(row.end(),
                 {interval_cell(specific.auroc.value, specific.auroc.low, specific.auroc.high),
                  html_number(p_number(specific.p_parametric)), html_number(p_number(specific.p_exact))});
    }
    row.insert(row.end(), {interval_cell(test.auroc, test.auroc_low, test.auroc_high),
                           html_number(p_number(test.p)), html_number(p_number(test.fdr))});
    if (!report.matched.empty()) row.push_back(html_number(p_number(report.matched.at(i).p)));
    if (!report.controls.empty()) {
      const ControlSummary& control = report.controls.at(i);
      row.push_back(control.controls == 0 ? "–"
                                          : fixed_number(control.mean_auroc, 2) + " <span class=\"faint\">(" +
                                                fixed_number(control.lowest_auroc, 2) + "–" +
                                                fixed_number(control.highest_auroc, 2) + ")</span>");
    }
    table.row(row);
  }
  return table.finish() + gene_sets_caption(report);
}

std::string methods_html(const Report& report) {
  if (report.methods.size() < 2) return {};
  HtmlTable table({"Gene set", "<Method", "Scored", "AUROC", "P", "FDR"});
  for (std::size_t i = 0; i < report.sets.size(); ++i) {
    for (const auto& method : report.methods) {
      const GeneSetTest& test = method.tests.at(i);
      table.row({html_escape(test.set), html_escape(method.name), count(test.scored),
                 fixed_number(test.auroc, 3), html_number(p_number(test.p)), html_number(p_number(test.fdr))},
                &method == &report.methods.front() ? "strong" : "");
    }
  }
  return table.finish() + "<p class=\"caption\">The same cells, and the genes that all methods rank.</p>\n";
}

std::string controls_html(const Report& report) {
  std::vector<std::string> used;
  std::string skipped;
  for (const auto& gene : report.perturbed) {
    if (!gene.control) continue;
    if (gene.skipped.empty())
      used.push_back(html_escape(gene.symbol) + " (" + plural(gene.cells, "cell", "cells") + ")");
    else
      skipped += " " + html_escape(gene.symbol) + " was left out: " + html_escape(gene.skipped) + ".";
  }
  if (used.empty())
    return paragraph(
        "<strong>No specificity control was run.</strong> A set may move whatever gene is perturbed, so a "
        "small P value alone "
        "does not show that its genes answer to " +
        html_escape(report.symbol) + "." + skipped);
  return paragraph(
      "<strong>Specificity.</strong> A set may move whatever gene is perturbed. The same cells were "
      "therefore run after perturbing " +
      support::join_words(used) +
      " in the same way; the column “Controls” gives what the sets do then. Only what exceeds them is "
      "specific to " +
      html_escape(report.symbol) + "." + skipped);
}

std::string mutants_html(const Report& report) {
  const PerturbedGene& main = main_gene(report);
  std::string html;
  if (main.identity) {
    html += paragraph("<strong>Is the mutant still " + html_escape(main.symbol) + "?</strong> " +
                      identity_sentence(main.symbol, main.identity->input, "By its DNA embedding") + " " +
                      identity_sentence(main.symbol, main.identity->adapted, "After the adapter"));
  }
  HtmlTable table({"Gene", "<Role", "Expression, reference", "Mutant", "Change", "Bases changed",
                   "Lower / trials", "Distance to itself", "to the nearest other", "<which",
                   "<Adapted: nearest is"});
  for (const auto& gene : report.perturbed) {
    if (!gene.search) continue;
    const auto lower = std::count_if(gene.search->trials.begin(), gene.search->trials.end(),
                                     [](const MutantTrial& trial) { return trial.lowers; });
    std::vector<std::string> row = {html_escape(gene.symbol), gene.control ? "control" : "target",
                                    html_number(small_number(gene.search->reference_expression))};
    if (gene.search->chosen) {
      const MutantTrial& taken = chosen_trial(gene);
      row.insert(row.end(), {html_number(small_number(taken.expression)),
                             percent_change(gene.search->reference_expression, taken.expression),
                             count(taken.edits.size())});
    } else {
      row.insert(row.end(), {"none lowers it", "–", "–"});
    }
    row.push_back(std::to_string(lower) + " / " + std::to_string(gene.search->trials.size()));
    if (gene.identity) {
      const auto& [input, adapted] = *gene.identity;
      row.insert(row.end(),
                 {small_number(input.own), small_number(input.nearest), html_escape(input.nearest_gene),
                  html_escape(adapted.kept() ? "itself" : adapted.nearest_gene)});
    } else {
      row.insert(row.end(), {"–", "–", "–", "–"});
    }
    table.row(row, gene.control ? "" : "strong");
  }
  return html + table.finish() +
         "<p class=\"caption\">Distances are Euclidean in the model’s input space (the bank’s rows after the "
         "model’s fixed map).</p>\n";
}

std::string precision_recall_html(const Report& report) {
  HtmlTable table({"Gene set", "Top k", "<Method", "Hits", "of genes in the set", "Precision", "Recall"});
  std::vector<const PrecisionRecall*> entries;
  for (const auto& entry : report.precision_recall) entries.push_back(&entry);
  const auto place = [&](const std::string& set) {
    return std::find_if(report.sets.begin(), report.sets.end(),
                        [&](const GeneSet& known) { return known.name == set; }) -
           report.sets.begin();
  };
  std::stable_sort(entries.begin(), entries.end(), [&](const auto* a, const auto* b) {
    return std::pair(place(a->set), a->k) < std::pair(place(b->set), b->k);
  });
  for (const auto* entry : entries)
    table.row({html_escape(entry->set), std::to_string(entry->k), html_escape(entry->method),
               fixed_number(entry->hits, entry->hits == std::floor(entry->hits) ? 0 : 1),
               count(entry->in_set), share_cell(entry->precision), share_cell(entry->recall)});
  const std::string population = entries.empty() ? "0" : count(entries.front()->population);
  return "<details><summary>Precision and recall as a table</summary>\n" + table.finish() +
         "</details>\n<p class=\"caption\">All methods rank the same " + population +
         " genes, seen in enough of the same cells. Random sets: exact expectation, and in brackets the "
         "middle 95 % of random draws.</p>\n";
}

std::string provenance_html(const Report& report) {
  HtmlTable settings({"Setting", "<Value"});
  for (const auto& [name, value] : report.settings) settings.row({html_escape(name), html_escape(value)});
  HtmlTable inputs({"Input", "<File", "<Checksum"});
  for (const auto& input : report.inputs)
    inputs.row({html_escape(input.role), html_escape(input.path.string()),
                "<code>" + html_escape(input.checksum) + "</code>"});
  return settings.finish() + inputs.finish() + "<p>To repeat it:</p>\n<pre><code>" +
         html_escape(report.command) + "</code></pre>\n" +
         "<details><summary>The resolved configuration (config.yaml)</summary><pre><code>" +
         html_escape(report.config) + "</code></pre></details>\n" + "<p class=\"caption\">" +
         html_escape(report.program) + ", " + html_escape(report.created) + ".</p>\n";
}

}  // namespace biodta::analysis
