#include "report_precision_recall.hpp"

#include "report_format.hpp"
#include "report_layout.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace biodta::analysis {
namespace {

/// Bars of one method: precision or recall of every set at one k.
Json bar_trace(const Report& report, std::string_view method, std::int64_t k, Share PrecisionRecall::*which) {
  Json x = Json::array();
  Json y = Json::array();
  Json above = Json::array();
  Json below = Json::array();
  Json text = Json::array();
  bool interval = false;
  for (const auto& entry : report.precision_recall) {
    if (entry.method != method || entry.k != k) continue;
    const Share& share = entry.*which;
    x.push_back(share.value);
    y.push_back(wrapped(entry.set));
    above.push_back(share.high - share.value);
    below.push_back(share.value - share.low);
    text.push_back(fixed_number(entry.hits, entry.hits == std::floor(entry.hits) ? 0 : 1) + " of " +
                   std::to_string(entry.in_set) + " genes among the top " + std::to_string(k));
    interval = interval || share.high > share.low;
  }
  const MethodLook look = look_of(report, method);
  Json trace = {
      {"type", "bar"},
      {"orientation", "h"},
      {"name", html_escape(method)},
      {"x", std::move(x)},
      {"y", std::move(y)},
      {"text", std::move(text)},
      {"textposition", "none"},
      {"hovertemplate", "%{x:.3f}: %{text}<extra>%{fullData.name}</extra>"},
      {"marker",
       {{"color", look.colour},
        {"pattern", {{"shape", look.pattern}, {"fillmode", "overlay"}, {"fgcolor", kBlack}, {"size", 6}}}}}};
  if (interval)
    trace["error_x"] = {{"type", "data"},
                        {"symmetric", false},
                        {"array", std::move(above)},
                        {"arrayminus", std::move(below)},
                        {"color", kBlack},
                        {"thickness", 1},
                        {"width", 3}};
  return trace;
}

/// Methods in the order of the table.
std::vector<std::string> methods_of(const Report& report) {
  std::vector<std::string> methods;
  for (const auto& entry : report.precision_recall)
    if (std::find(methods.begin(), methods.end(), entry.method) == methods.end())
      methods.push_back(entry.method);
  return methods;
}

}  // namespace

std::vector<Figure> precision_recall_figures(const Report& report) {
  std::set<std::int64_t> top_k;
  for (const auto& entry : report.precision_recall) top_k.insert(entry.k);
  const std::vector<std::string> methods = methods_of(report);
  std::vector<Figure> figures;
  for (const std::int64_t k : top_k) {
    for (const bool precision : {true, false}) {
      Json data = Json::array();
      for (const auto& method : methods)
        data.push_back(
            bar_trace(report, method, k, precision ? &PrecisionRecall::precision : &PrecisionRecall::recall));
      const std::string which = precision ? "precision" : "recall";
      Json x = axis(which + " in the top " + std::to_string(k));
      x["rangemode"] = "tozero";
      const Json sets = set_axis(report);
      Json layout =
          base_layout(std::move(x), sets, height_of_rows(sets, 18 + 14 * static_cast<int>(methods.size())));
      layout["barmode"] = "group";
      layout["bargap"] = 0.25;
      layout["legend"]["traceorder"] = "normal";
      figures.push_back(
          {which + "_at_" + std::to_string(k),
           (precision ? "Precision in the top " : "Recall in the top ") + std::to_string(k),
           precision
               ? "Share of the top genes that are in the set. Error bars: the middle 95 % of random sets."
               : "Share of the set that is among the top genes. Error bars: the middle 95 % of random sets.",
           {{"data", std::move(data)}, {"layout", std::move(layout)}}});
    }
  }
  return figures;
}

}  // namespace biodta::analysis
