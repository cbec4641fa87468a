#include "report_html.hpp"

#include "report_format.hpp"
#include "report_frame.hpp"
#include "report_genes.hpp"
#include "report_sections.hpp"

#include <algorithm>
#include <string_view>

namespace biodta::analysis {
namespace {

/// The figure of that name; empty when the report has none.
std::string named_figure(std::span<const Figure> figures, std::string_view name) {
  const auto found =
      std::find_if(figures.begin(), figures.end(), [&](const Figure& figure) { return figure.name == name; });
  return found == figures.end() ? std::string() : figure_html(*found);
}

std::string heading(const std::string& text) {
  return "<h2>" + html_escape(text) + "</h2>\n";
}

}  // namespace

std::string report_page(const Report& report, std::span<const Figure> figures) {
  const bool mutagenesis = is_mutagenesis(report);
  const std::string title =
      std::string(mutagenesis ? "In silico mutagenesis of " : "In silico deletion of ") +
      html_escape(report.symbol);
  std::string page = page_head(title) + "<body>\n<main>\n<header><h1>" + title +
                     "</h1><p class=\"subtitle\">" + html_escape(report.gene_id) + " · " +
                     html_escape(report.run.name) + "</p></header>\n";
  page += notes_html(report) + summary_html(report);
  page += heading("Gene sets") + gene_sets_html(report) + controls_html(report) +
          named_figure(figures, "auroc") + named_figure(figures, "shifts");
  if (const auto methods = methods_html(report); !methods.empty())
    page += heading("Methods compared") + methods;
  page += heading("Precision and recall") + "<div class=\"figures\">\n";
  for (const auto& figure : figures)
    if (figure.name.starts_with("precision_at_") || figure.name.starts_with("recall_at_"))
      page += figure_html(figure);
  page += "</div>\n" + precision_recall_html(report);
  page += heading("Genes") + named_figure(figures, "ranks") + genes_html(report);
  if (mutagenesis)
    page += heading("The mutation") + named_figure(figures, "expression") +
            named_figure(figures, "saturation") + mutants_html(report);
  return page + heading("What was run") + provenance_html(report) + page_end();
}

}  // namespace biodta::analysis
