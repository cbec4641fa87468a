#include "report_curves.hpp"

#include "report_format.hpp"
#include "report_html_table.hpp"
#include "report_layout.hpp"

#include <cstddef>
#include <utility>

namespace biodta::analysis {
namespace {

/// Sets that have a figure of their own on the page; all are in the table and the file.
constexpr std::size_t kMostCurveFigures = 8;

/// Steps down to each point: between cuts nothing is known to be better.
Json curve_trace(const Report& report, const PrecisionRecallCurve& curve) {
  Json recall = Json::array();
  Json precision = Json::array();
  Json text = Json::array();
  for (const auto& point : curve.points) {
    recall.push_back(point.recall);
    precision.push_back(point.precision);
    text.push_back(count_text(point.hits) + " of the top " + count_text(point.k));
  }
  const MethodLook look = look_of(report, curve.method);
  return {{"type", "scatter"},
          {"mode", "lines"},
          {"name", html_escape(curve.method)},
          {"x", std::move(recall)},
          {"y", std::move(precision)},
          {"text", std::move(text)},
          {"hovertemplate", "recall %{x:.3f}, precision %{y:.3f}<br>%{text}<extra>%{fullData.name}</extra>"},
          {"line", {{"color", look.colour}, {"width", 2}, {"dash", look.dash}}}};
}

Json random_trace(const PrecisionRecallCurve& curve) {
  return {{"type", "scatter"},
          {"mode", "lines"},
          {"name", "random order"},
          {"x", {0, 1}},
          {"y", {curve.prevalence, curve.prevalence}},
          {"hovertemplate", "precision %{y:.3f}<extra>random order</extra>"},
          {"line", {{"color", kGrey}, {"width", 1.5}, {"dash", "2px,4px"}}}};
}

Figure curve_figure(const Report& report, const std::vector<const PrecisionRecallCurve*>& curves,
                    std::size_t set) {
  Json data = Json::array();
  data.push_back(random_trace(*curves.front()));
  for (auto curve = curves.rbegin(); curve != curves.rend(); ++curve)  // the first on top
    data.push_back(curve_trace(report, **curve));
  Json x = axis("recall");
  x["range"] = {0, 1.01};
  Json y = axis("precision");
  y["range"] = {0, 1.03};
  Json layout = base_layout(std::move(x), std::move(y), 380);
  layout["legend"]["traceorder"] = "reversed";
  return {"precision_recall_curve_" + std::to_string(set + 1),
          "Precision and recall at every cut: " + report.sets[set].name,
          "From left to right more and more of the ranked genes are taken. The grey dotted line is a random "
          "order: "
          "the share of the " +
              count_text(curves.front()->population) + " ranked genes that are in the set.",
          {{"data", std::move(data)}, {"layout", std::move(layout)}}};
}

/// Methods of the curves, in their order.
std::vector<std::string> curve_methods(const Report& report) {
  std::vector<std::string> methods;
  for (const auto& curve : report.curves) {
    bool known = false;
    for (const auto& method : methods) known = known || method == curve.method;
    if (!known) methods.push_back(curve.method);
  }
  return methods;
}

}  // namespace

const PrecisionRecallCurve* curve_of(const Report& report, std::string_view method, std::string_view set) {
  for (const auto& curve : report.curves)
    if (curve.method == method && curve.set == set) return &curve;
  return nullptr;
}

std::vector<Figure> precision_recall_curve_figures(const Report& report) {
  std::vector<Figure> figures;
  for (std::size_t set = 0; set < report.sets.size() && figures.size() < kMostCurveFigures; ++set) {
    std::vector<const PrecisionRecallCurve*> curves;
    for (const auto& curve : report.curves)
      if (curve.set == report.sets[set].name && !curve.points.empty()) curves.push_back(&curve);
    if (!curves.empty()) figures.push_back(curve_figure(report, curves, set));
  }
  return figures;
}

support::Table precision_recall_curves_table(const Report& report) {
  support::Table table{
      {}, {"method", "set", "genes_ranked", "genes_in_set", "k", "hits", "precision", "recall"}, {}};
  for (const auto& curve : report.curves)
    for (const auto& point : curve.points)
      table.rows.push_back({curve.method, curve.set, std::to_string(curve.population),
                            std::to_string(curve.in_set), std::to_string(point.k), std::to_string(point.hits),
                            exact_number(point.precision), exact_number(point.recall)});
  return table;
}

std::string average_precision_html(const Report& report) {
  if (report.curves.empty()) return {};
  const auto methods = curve_methods(report);
  std::vector<std::string> columns = {"Average precision", "Genes in the set"};
  columns.insert(columns.end(), methods.begin(), methods.end());
  columns.emplace_back("random order");
  HtmlTable table(columns);
  for (const auto& set : report.sets) {
    const PrecisionRecallCurve* first = curve_of(report, methods.front(), set.name);
    if (first == nullptr) continue;
    std::vector<std::string> row = {html_escape(set.name), count_text(first->in_set)};
    for (const auto& method : methods) {
      const PrecisionRecallCurve* curve = curve_of(report, method, set.name);
      row.push_back(curve == nullptr ? "–" : fixed_number(curve->average_precision, 3));
    }
    row.push_back(fixed_number(first->prevalence, 3));
    table.row(row);
  }
  return table.finish() +
         "<p class=\"caption\">Average precision: the area under the curve of precision against recall, "
         "which "
         "needs no number of top genes to be chosen. The curves are in precision_recall_curves.tsv" +
         (report.sets.size() > kMostCurveFigures
              ? ", also those of sets that are not drawn here; the first " + count_text(kMostCurveFigures) +
                    " are"
              : std::string()) +
         ".</p>\n";
}

}  // namespace biodta::analysis
