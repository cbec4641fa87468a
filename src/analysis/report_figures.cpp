#include "report_figures.hpp"

#include "report_format.hpp"
#include "report_layout.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

constexpr std::array<std::string_view, 6> kSymbols = {"circle",      "diamond", "square",
                                                      "triangle-up", "cross",   "star"};
/// Sets shown at once in the rank figure; the rest wait in its legend.
constexpr std::size_t kShownSets = 7;
/// Sets with more genes than this get no single points in the distribution figure.
constexpr std::size_t kMostPoints = 300;

/// A logarithmic axis hides what is not above zero, so it is used only where everything is.
bool all_positive(const GeneRanking& ranking) {
  return !ranking.genes.empty() && std::all_of(ranking.genes.begin(), ranking.genes.end(),
                                               [](const RankedGene& gene) { return gene.mean_shift > 0.0; });
}

Json shift_axis(const Report& report) {
  Json result = axis("mean shift, " + html_escape(report.words.measure));
  if (all_positive(report.run.ranking)) {
    result["type"] = "log";
    result["dtick"] = "D2";
  }
  result["exponentformat"] = "power";
  return result;
}

/// Genes of the ranking for which `belongs` holds, as points of the rank figure.
Json rank_trace(const Report& report, std::string_view name, const auto& belongs) {
  Json x = Json::array();
  Json y = Json::array();
  Json text = Json::array();
  for (std::size_t i = 0; i < report.run.ranking.genes.size(); ++i) {
    const RankedGene& gene = report.run.ranking.genes[i];
    if (!belongs(gene.token)) continue;
    x.push_back(i + 1);
    y.push_back(gene.mean_shift);
    text.push_back(html_escape(report.vocabulary.gene(gene.token).symbol) + ", " +
                   std::to_string(gene.cells) + " cells");
  }
  return {{"type", "scatter"},
          {"mode", "markers"},
          {"name", html_escape(name)},
          {"x", std::move(x)},
          {"y", std::move(y)},
          {"text", std::move(text)},
          {"hovertemplate", "<b>%{text}</b><br>rank %{x}, shift %{y:.3g}<extra>%{fullData.name}</extra>"}};
}

Json box_trace(const Report& report, std::string_view label, std::string_view colour, const auto& belongs) {
  Json shifts = Json::array();
  Json names = Json::array();
  Json text = Json::array();
  for (const auto& gene : report.run.ranking.genes) {
    if (!belongs(gene.token)) continue;
    shifts.push_back(gene.mean_shift);
    names.push_back(label);
    text.push_back(html_escape(report.vocabulary.gene(gene.token).symbol));
  }
  const bool points = shifts.size() <= kMostPoints;
  return {{"type", "box"},
          {"orientation", "h"},
          {"name", label},
          {"x", std::move(shifts)},
          {"y", std::move(names)},
          {"text", std::move(text)},
          {"boxpoints", points ? Json("all") : Json(false)},
          {"jitter", 0.5},
          {"pointpos", 0},
          {"hovertemplate", "%{text}: %{x:.3g}<extra></extra>"},
          {"fillcolor", "rgba(0,0,0,0)"},
          {"line", {{"color", colour}, {"width", 1.5}}},
          {"marker", {{"color", colour}, {"size", 4}, {"opacity", 0.55}}},
          {"showlegend", false}};
}

Json auroc_trace(const std::vector<GeneSetTest>& tests, std::string_view name, std::string_view colour,
                 std::string_view symbol) {
  Json x = Json::array();
  Json y = Json::array();
  Json text = Json::array();
  for (const auto& test : tests) {
    x.push_back(test.auroc);
    y.push_back(wrapped(test.set));
    text.push_back("P " + p_number(test.p) + ", FDR " + p_number(test.fdr));
  }
  return marker_trace({html_escape(name), std::string(colour), std::string(symbol), 11}, std::move(x),
                      std::move(y), std::move(text), "AUROC %{x:.3f}<br>%{text}<extra></extra>");
}

Json control_trace(const Report& report) {
  Json x = Json::array();
  Json y = Json::array();
  Json above = Json::array();
  Json below = Json::array();
  for (const auto& control : report.controls) {
    x.push_back(control.mean_auroc);
    y.push_back(wrapped(control.set));
    above.push_back(control.highest_auroc - control.mean_auroc);
    below.push_back(control.mean_auroc - control.lowest_auroc);
  }
  return {{"type", "scatter"},
          {"mode", "markers"},
          {"name", "control genes: mean and range"},
          {"x", std::move(x)},
          {"y", std::move(y)},
          {"error_x",
           {{"type", "data"},
            {"symmetric", false},
            {"array", std::move(above)},
            {"arrayminus", std::move(below)},
            {"color", kGrey},
            {"thickness", 2},
            {"width", 5}}},
          {"hovertemplate", "controls: mean AUROC %{x:.3f}<extra></extra>"},
          {"marker", {{"color", kGrey}, {"symbol", "line-ns-open"}, {"size", 12}, {"line", {{"width", 2}}}}}};
}

}  // namespace

Figure rank_figure(const Report& report) {
  std::set<cells::TokenId> listed;
  for (const auto& set : report.sets) listed.insert(set.tokens.begin(), set.tokens.end());
  Json data = Json::array();
  Json others =
      rank_trace(report, "in no set", [&](cells::TokenId token) { return !listed.contains(token); });
  others["marker"] = {{"color", kPale}, {"size", 4}};
  data.push_back(std::move(others));
  for (std::size_t i = 0; i < report.sets.size(); ++i) {
    Json trace = rank_trace(report, report.sets[i].name,
                            [&](cells::TokenId token) { return report.sets[i].contains(token); });
    trace["marker"] = {{"color", kColours[i % kColours.size()]},
                       {"symbol", kSymbols[i % kSymbols.size()]},
                       {"size", 8},
                       {"line", {{"color", "#FFFFFF"}, {"width", 0.5}}}};
    if (i >= kShownSets) trace["visible"] = "legendonly";
    data.push_back(std::move(trace));
  }
  Json x = axis("rank by mean shift");
  x["showgrid"] = false;
  return {"ranks",
          "All genes by their shift",
          "Genes whose contextual embedding moved most stand left. A gene that is in several sets has a "
          "marker for each. "
          "Hover for the symbol; click a set in the legend to hide or show it.",
          {{"data", std::move(data)}, {"layout", base_layout(std::move(x), shift_axis(report), 460)}}};
}

Figure distribution_figure(const Report& report) {
  Json data = Json::array();
  for (std::size_t i = 0; i < report.sets.size(); ++i)
    data.push_back(box_trace(report, wrapped(report.sets[i].name), kColours[i % kColours.size()],
                             [&](cells::TokenId token) { return report.sets[i].contains(token); }));
  data.push_back(box_trace(report, "all scored genes", kGrey, [](cells::TokenId) { return true; }));
  Json y = set_axis(report);
  y["categoryarray"].push_back("all scored genes");
  return {"shifts",
          "Shift by gene set",
          "Each point is a gene; boxes show quartiles.",
          {{"data", std::move(data)}, {"layout", base_layout(shift_axis(report), y, height_of_rows(y, 46))}}};
}

Figure auroc_figure(const Report& report) {
  Json data = Json::array();
  if (!report.controls.empty()) data.push_back(control_trace(report));
  for (std::size_t i = report.methods.size(); i-- > 0;) {  // the run on top
    const MethodLook look = look_of(report, report.methods[i].name);
    data.push_back(auroc_trace(report.methods[i].tests, report.methods[i].name, look.colour, look.symbol));
  }
  Json x = axis("AUROC");
  x["range"] = {0, 1};
  const Json sets = set_axis(report);
  Json layout = base_layout(std::move(x), sets, height_of_rows(sets, 40));
  layout["shapes"] = Json::array({vertical_line(0.5)});
  std::string caption =
      "Chance that a gene of the set moves more than another scored gene; 0.5 is no difference.";
  if (!report.controls.empty())
    caption +=
        " Grey: the same sets after control genes were perturbed instead. What does not exceed grey is not "
        "specific to " +
        target_symbols(report) + ".";
  return {"auroc",
          "Do the sets move more than other genes?",
          std::move(caption),
          {{"data", std::move(data)}, {"layout", std::move(layout)}}};
}

}  // namespace biodta::analysis
