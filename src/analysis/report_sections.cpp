#include "report_sections.hpp"

#include "report_format.hpp"
#include "report_html_table.hpp"
#include "report_mutation.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

using support::counted;

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
  const PerturbedGene& main = main_gene(report);
  const std::string symbols = html_escape(target_symbols(report));
  const std::uint64_t ranked = report.run.ranking.genes.size();
  const std::uint64_t rare = report.run.ranking.too_few_cells;
  std::string html = mutation_html(report);
  html +=
      paragraph("Each of " + counted(main.cells, "cell") + " (of the " + count_text(report.cells.passed) +
                " chosen from, " + count_text(report.cells.with_gene) +
                (report.cells.with_gene == 1 ? " expresses " : " express ") + symbols +
                ") ran through the model " + html_escape(report.words.compared) +
                ". A gene’s shift is the difference between its contextual embeddings before and after (" +
                html_escape(report.words.measure) + "), averaged over cells; " + counted(ranked, "gene") +
                (ranked == 1 ? " is" : " are") + " ranked by it" +
                (rare > 0 ? " (" + count_text(rare) + " more were seen in too few cells)" : "") + ".");
  const RunningMoments& own = report.run.perturbed;
  if (own.count() > 0)
    html +=
        paragraph(symbols + (targets_of(report).size() > 1 ? " themselves move by " : " itself moves by ") +
                  html_number(small_number(own.mean())) + " (standard deviation " +
                  html_number(small_number(own.standard_deviation())) + " over cells), and " +
                  (targets_of(report).size() > 1 ? "are" : "is") + " not among the ranked genes.");
  return html;
}

namespace {

std::string gene_sets_caption(const Report& report) {
  std::string html =
      "<p class=\"caption\">AUROC: chance that a gene of the set moves more than another scored gene (0.5 = "
      "no difference), with its 95 % interval. ";
  if (!report.specificity.empty())
    html +=
        "<strong>Specific</strong>: the same on each gene’s shift relative to what it is when control genes "
        "are perturbed; its P asks whether the set stands out from what those perturbations do to it (exact: "
        "the rank among " +
        count_text(report.specificity.front().controls + 1) +
        " perturbations; the other from a normal model of them), and stays right where genes move together. ";
  html +=
      "<strong>Any gene</strong>: against all other scored genes, by Wilcoxon’s rank-sum test, which takes "
      "genes for independent and overstates. ";
  if (!report.matched.empty())
    html +=
        "<strong>Like expression</strong>: P against sets of genes that are seen as often and rank as high. ";
  if (!report.controls.empty())
    html += "<strong>Controls</strong>: AUROC of the set when a control gene is perturbed instead. ";
  return html + "FDR: Benjamini–Hochberg over the sets.</p>\n";
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
    std::vector<std::string> row = {html_escape(test.set), count_text(test.scored), count_text(test.listed)};
    if (!report.specificity.empty()) {
      const SetSpecificity& specific = report.specificity.at(i);
      row.insert(row.end(),
                 {interval_html(specific.auroc.value, specific.auroc.low, specific.auroc.high),
                  html_number(p_number(specific.p_parametric)), html_number(p_number(specific.p_exact))});
    }
    row.insert(row.end(), {interval_html(test.auroc, test.auroc_low, test.auroc_high),
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
      table.row({html_escape(test.set), html_escape(method.name), count_text(test.scored),
                 fixed_number(test.auroc, 3), html_number(p_number(test.p)), html_number(p_number(test.fdr))},
                &method == &report.methods.front() ? "strong" : "");
    }
  }
  return table.finish() + "<p class=\"caption\">The same cells, and the genes that all methods rank.</p>\n";
}

std::string controls_html(const Report& report) {
  const std::string symbols = html_escape(target_symbols(report));
  std::vector<std::string> used;
  std::string skipped;
  for (const auto& gene : report.perturbed) {
    if (!gene.control) continue;
    if (gene.skipped.empty())
      used.push_back(html_escape(gene.symbol) + " (" + counted(gene.cells, "cell") + ")");
    else
      skipped += " " + html_escape(gene.symbol) + " was left out: " + html_escape(gene.skipped) + ".";
  }
  if (used.empty())
    return paragraph(
        "<strong>No specificity control was run.</strong> A set may move whatever gene is perturbed, so a "
        "small P value alone does not show that its genes answer to " +
        symbols + "." + skipped);
  const std::string matched = matched_strength_text(report);
  return paragraph(
      "<strong>Specificity.</strong> A set may move whatever gene is perturbed. The same was therefore done "
      "to " +
      support::join_words(used) + (matched.empty() ? "" : ", " + matched) +
      "; the column “Controls” gives what the sets do then. Only what exceeds them is specific to " +
      symbols + "." + skipped);
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
               count_text(entry->in_set), share_cell(entry->precision), share_cell(entry->recall)});
  const std::string population = entries.empty() ? "0" : count_text(entries.front()->population);
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
