#include "report_html.hpp"

#include "report_curves.hpp"
#include "report_direction.hpp"
#include "report_format.hpp"
#include "report_frame.hpp"
#include "report_genes.hpp"
#include "report_groups.hpp"
#include "report_mutants.hpp"
#include "report_mutation.hpp"
#include "report_sections.hpp"
#include "report_verdict.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace biodta::analysis {
namespace {

/// The figure of that name; empty when the report has none.
std::string named_figure(std::span<const Figure> figures, std::string_view name) {
  const auto found =
      std::find_if(figures.begin(), figures.end(), [&](const Figure& figure) { return figure.name == name; });
  return found == figures.end() ? std::string() : figure_html(*found);
}

/// All whose name begins so, side by side where the page is wide enough.
std::string figures_beginning(std::span<const Figure> figures,
                              std::initializer_list<std::string_view> beginnings) {
  std::string html;
  for (const auto& figure : figures)
    for (const auto beginning : beginnings)
      if (figure.name.starts_with(beginning)) html += figure_html(figure);
  return html.empty() ? html : "<div class=\"figures\">\n" + html + "</div>\n";
}

/// Those of mutated DNA, gene by gene, each as wide as the page.
std::string dna_figures_html(std::span<const Figure> figures) {
  std::string html;
  for (const auto& figure : figures)
    for (const std::string_view beginning : {"expression", "track", "saturation"})
      if (figure.name.starts_with(beginning)) html += figure_html(figure);
  return html;
}

/// A part of the page under its heading; nothing where the part is empty.
std::string section(const std::string& title, const std::string& html) {
  return html.empty() ? html : "<h2>" + html_escape(title) + "</h2>\n" + html;
}

std::string title_of(const Report& report) {
  return html_escape(capitalised(report.words.noun) + " of " + target_symbols(report));
}

}  // namespace

std::string report_page(const Report& report, std::span<const Figure> figures) {
  const std::string title = title_of(report);
  std::string page = page_head(title) + "<body>\n<main>\n<header><h1>" + title +
                     "</h1><p class=\"subtitle\">" + html_escape(report.gene_id) + " · " +
                     html_escape(report.run.name) + "</p></header>\n";
  page += notes_html(report);
  page += section("What came out", verdict_html(report));
  page += section("What was done", summary_html(report));
  page += section("Gene sets", gene_sets_html(report) + controls_html(report) +
                                   named_figure(figures, "auroc") + named_figure(figures, "shifts"));
  page += section("By " + report.group_column, groups_html(report) + figures_beginning(figures, {"groups_"}));
  page += section("Movement toward cell states", states_html(report));
  page += section("Methods compared", methods_html(report));
  page +=
      section("Precision and recall",
              figures_beginning(figures, {"precision_at_", "recall_at_"}) + precision_recall_html(report) +
                  figures_beginning(figures, {"precision_recall_curve_"}) + average_precision_html(report));
  page += section("Which way they go", direction_html(report));
  page += section("Genes", named_figure(figures, "ranks") + genes_html(report));
  if (has_mutants(report))
    page += section("The mutation", dna_figures_html(figures) + mutated_genes_html(report));
  page += section("Mutants compared", named_figure(figures, "mutants") + mutants_html(report));
  return page + section("What was run", provenance_html(report)) + page_end();
}

}  // namespace biodta::analysis
