#include "report_html.hpp"

#include "report_format.hpp"
#include "report_genes.hpp"
#include "report_layout.hpp"
#include "report_sections.hpp"

#include <algorithm>
#include <string_view>

extern "C" {
extern const char biodta_plotly_js_begin[];
extern const char biodta_plotly_js_end[];
extern const char biodta_report_css_begin[];
extern const char biodta_report_css_end[];
extern const char biodta_report_js_begin[];
extern const char biodta_report_js_end[];
}

namespace biodta::analysis {
namespace {

std::string figure_html(const Figure& figure) {
  const auto height = figure.plotly.at("layout").at("height").get<int>();
  return "<figure><h3>" + html_escape(figure.title) + "</h3>\n<div data-figure=\"figure-" + figure.name +
         "\" style=\"min-height:" + std::to_string(height) + "px\"></div>\n<figcaption>" +
         html_escape(figure.caption) + "</figcaption>\n<script type=\"application/json\" id=\"figure-" +
         figure.name + "\">" + embedded_json(figure.plotly) + "</script></figure>\n";
}

/// The figure of that name; empty when the report has none.
std::string named_figure(std::span<const Figure> figures, std::string_view name) {
  const auto found =
      std::find_if(figures.begin(), figures.end(), [&](const Figure& figure) { return figure.name == name; });
  return found == figures.end() ? std::string() : figure_html(*found);
}

std::string head(const std::string& title) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
         "'unsafe-inline'; "
         "style-src 'unsafe-inline'; img-src data: blob:\">\n<link rel=\"icon\" href=\"data:,\">\n<title>" +
         title + "</title>\n<style>" + std::string(biodta_report_css_begin, biodta_report_css_end) +
         "</style>\n</head>\n";
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
  std::string page = head(title) + "<body>\n<main>\n<header><h1>" + title + "</h1><p class=\"subtitle\">" +
                     html_escape(report.gene_id) + " · " + html_escape(report.run.name) + "</p></header>\n";
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
  page += heading("What was run") + provenance_html(report) + "</main>\n<script>";
  page.append(biodta_plotly_js_begin, biodta_plotly_js_end);
  page += "</script>\n<script>";
  page.append(biodta_report_js_begin, biodta_report_js_end);
  return page + "</script>\n</body>\n</html>\n";
}

}  // namespace biodta::analysis
