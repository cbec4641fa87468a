#include "report_html.hpp"

#include "report_format.hpp"
#include "report_sections.hpp"

#include <algorithm>
#include <string_view>

extern "C" {
extern const char biodta_plotly_js_begin[];
extern const char biodta_plotly_js_end[];
}

namespace biodta::analysis {
namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light; --ink: #1f2328; --faint: #5f6670; --line: #d8dce1; --blue: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
header { border-bottom: 3px solid var(--blue); margin-bottom: 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .2rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0 0 .2rem; }
p { margin: .5rem 0; max-width: 78ch; }
.subtitle { color: var(--faint); margin-bottom: .8rem; }
.notes { border: 2px solid #e69f00; border-left-width: 10px; background: #fff8e8; border-radius: 6px; padding: .7rem 1rem; margin: 1rem 0; }
.notes h2 { margin: 0 0 .3rem; font-size: 1.05rem; }
.notes ul { margin: 0; padding-left: 1.2rem; }
.scroll { overflow-x: auto; margin: .7rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; min-width: 50%; }
th, td { padding: .35rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); vertical-align: top; }
th { border-bottom: 2px solid var(--ink); vertical-align: bottom; white-space: normal; }
td.text { white-space: normal; min-width: 7rem; }
th.text, td.text { text-align: left; }
tr.strong td { font-weight: 600; }
.caption, .faint { color: var(--faint); font-size: .88rem; }
.tag { display: inline-block; border: 1px solid var(--line); border-radius: 4px; padding: 0 .35rem; font-size: .8rem; margin: 0 .1rem .1rem 0; }
.figures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.5rem; }
figure { margin: 1rem 0; min-width: 0; break-inside: avoid; }
figcaption { color: var(--faint); font-size: .88rem; max-width: 78ch; }
pre { background: #f5f6f8; border: 1px solid var(--line); border-radius: 6px; padding: .7rem .9rem; overflow-x: auto; font-size: .85rem; }
details { margin: .7rem 0; } summary { cursor: pointer; color: var(--blue); }
@media (max-width: 760px) { .figures { grid-template-columns: minmax(0, 1fr); } h1 { font-size: 1.35rem; } body { font-size: 15px; } }
@media print { main { max-width: none; padding: 0; } .notes { print-color-adjust: exact; -webkit-print-color-adjust: exact; } .modebar-container { display: none !important; } .scroll { overflow: visible; } h2 { break-after: avoid; } table { font-size: .75rem; } }
)css";

// Draws every figure from the JSON beside it; a figure that cannot be drawn says so in its place. Before
// printing, figures take the width of the paper.
constexpr std::string_view kScript = R"js(
for (const place of document.querySelectorAll("[data-figure]")) {
  const figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
  Plotly.newPlot(place, figure.data, figure.layout, {responsive: true, displaylogo: false, displayModeBar: window.innerWidth < 640 ? false : "hover", modeBarButtonsToRemove: ["select2d", "lasso2d"]})
    .catch((error) => { place.textContent = "This figure could not be drawn: " + error; });
}
window.addEventListener("beforeprint", () => {
  for (const place of document.querySelectorAll("[data-figure]")) Plotly.Plots.resize(place);
});
)js";

/// JSON inside a script element: "</script" and "<!--" must not appear.
std::string embedded_json(const Figure& figure) {
  std::string text = figure.text(-1);
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return text;
}

std::string figure_html(const Figure& figure) {
  const auto height = figure.plotly.at("layout").at("height").get<int>();
  return "<figure><h3>" + html_escape(figure.title) + "</h3>\n<div data-figure=\"figure-" + figure.name +
         "\" style=\"min-height:" + std::to_string(height) + "px\"></div>\n<figcaption>" +
         html_escape(figure.caption) + "</figcaption>\n<script type=\"application/json\" id=\"figure-" +
         figure.name + "\">" + embedded_json(figure) + "</script></figure>\n";
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
         title + "</title>\n<style>" + std::string(kStyle) + "</style>\n</head>\n";
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
  page += heading("Precision and recall") + "<div class=\"figures\">\n";
  for (const auto& figure : figures)
    if (figure.name.starts_with("precision_at_") || figure.name.starts_with("recall_at_"))
      page += figure_html(figure);
  page += "</div>\n" + precision_recall_html(report);
  page += heading("Genes") + named_figure(figures, "ranks") + top_genes_html(report);
  if (mutagenesis)
    page += heading("The mutation") + named_figure(figures, "expression") +
            named_figure(figures, "saturation") + mutants_html(report);
  page += heading("What was run") + provenance_html(report) + "</main>\n<script>";
  page.append(biodta_plotly_js_begin, biodta_plotly_js_end);
  return page + "</script>\n<script>" + std::string(kScript) + "</script>\n</body>\n</html>\n";
}

}  // namespace biodta::analysis
