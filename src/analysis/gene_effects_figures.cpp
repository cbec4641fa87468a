#include "gene_effects_figures.hpp"

#include "report_format.hpp"
#include "report_layout.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace biodta::analysis {
namespace {

constexpr double kSignificant = 0.05;  // false discovery rate
constexpr double kLargestLogP = 300.0;

/// Which quantity of a gene a figure shows.
using StandingOf = std::function<const GeneStanding&(const RankedEffect&)>;

enum class Side { kMore, kLess, kLikeOthers };

Side side_of(const GeneStanding& standing) {
  if (!(standing.fdr < kSignificant)) return Side::kLikeOthers;
  return standing.auroc > 0.5 ? Side::kMore : Side::kLess;
}

/// How genes of one side look: colour never tells alone.
struct SideLook {
  Side side;
  std::string_view name;
  std::string_view colour;
  std::string_view symbol;
  int size;
};
constexpr SideLook kSideLooks[] = {{Side::kLikeOthers, "like other genes", kPale, "circle-open", 6},
                                   {Side::kLess, "less than other genes", "#0072B2", "diamond", 8},
                                   {Side::kMore, "more than other genes", "#D55E00", "circle", 8}};

/// @param x  of a gene, with its place in the ranking from 1. @param y  likewise; genes with NaN are left
///           out.
Json side_traces(const GeneEffectsReport& report, const StandingOf& of,
                 const std::function<double(const RankedEffect&, std::size_t)>& x,
                 const std::function<double(const RankedEffect&, std::size_t)>& y) {
  Json traces = Json::array();
  for (const auto& look : kSideLooks) {
    Json xs = Json::array();
    Json ys = Json::array();
    Json text = Json::array();
    for (std::size_t i = 0; i < report.genes.size(); ++i) {
      const RankedEffect& gene = report.genes[i];
      const double height = y(gene, i + 1);
      if (std::isnan(height) || side_of(of(gene)) != look.side) continue;
      xs.push_back(x(gene, i + 1));
      ys.push_back(height);
      text.push_back("<b>" + html_escape(report.vocabulary.gene(gene.token).symbol) + "</b>, " +
                     std::to_string(gene.cells) + " cells<br>mean shift " + small_number(of(gene).mean) +
                     ", AUROC " + fixed_number(of(gene).auroc, 2) + "<br>P " + p_number(of(gene).p) +
                     ", FDR " + p_number(of(gene).fdr));
    }
    traces.push_back({{"type", "scatter"},
                      {"mode", "markers"},
                      {"name", look.name},
                      {"x", std::move(xs)},
                      {"y", std::move(ys)},
                      {"text", std::move(text)},
                      {"hovertemplate", "%{text}<extra></extra>"},
                      {"marker", {{"color", look.colour}, {"symbol", look.symbol}, {"size", look.size}}}});
  }
  return traces;
}

/// NaN where there is no P.
double log_p(const GeneStanding& standing) {
  if (std::isnan(standing.p)) return standing.p;
  return std::min(kLargestLogP, standing.p > 0.0 ? -std::log10(standing.p) : kLargestLogP);
}

/// Of the genes that a figure of P values leaves out.
std::string without_p_words(const GeneEffectsReport& report, const StandingOf& of) {
  const auto without = static_cast<std::uint64_t>(
      std::count_if(report.genes.begin(), report.genes.end(),
                    [&](const RankedEffect& gene) { return std::isnan(of(gene).p); }));
  if (without == 0) return {};
  return " " + support::counted(without, "gene") + " without a P value " + (without == 1 ? "is" : "are") +
         " left out.";
}

bool all_above_zero(const GeneEffectsReport& report, const StandingOf& of) {
  return std::all_of(report.genes.begin(), report.genes.end(),
                     [&](const RankedEffect& gene) { return of(gene).mean > 0.0; });
}

Json effect_axis(const std::string& title, bool logarithmic) {
  Json result = axis(title);
  if (logarithmic) {
    result["type"] = "log";
    result["dtick"] = "D2";
  }
  result["exponentformat"] = "power";
  return result;
}

const GeneStanding& shift_of(const RankedEffect& gene) {
  return gene.shift;
}

Figure every_gene_rank_figure(const GeneEffectsReport& report) {
  Json layout =
      base_layout(axis("rank"), effect_axis(shift_words(report), all_above_zero(report, shift_of)), 420);
  return {
      "ranks",
      "How far each gene moves cells",
      "Each point is one gene, perturbed alone: the mean over its cells of how far the cell's other genes "
      "move. Filled points differ from the other genes of the same cells (FDR below 0.05).",
      {{"data",
        side_traces(
            report, shift_of, [](const RankedEffect&, std::size_t rank) { return static_cast<double>(rank); },
            [](const RankedEffect& gene, std::size_t) { return gene.shift.mean; })},
       {"layout", std::move(layout)}}};
}

Figure volcano_figure(const GeneEffectsReport& report, const std::string& name, const std::string& title,
                      Json x_axis, const std::string& caption, const StandingOf& of) {
  Json y = axis("−log₁₀ P");
  y["rangemode"] = "tozero";
  return {name,
          title,
          caption + without_p_words(report, of),
          {{"data", side_traces(
                        report, of, [&](const RankedEffect& gene, std::size_t) { return of(gene).mean; },
                        [&](const RankedEffect& gene, std::size_t) { return log_p(of(gene)); })},
           {"layout", base_layout(std::move(x_axis), std::move(y), 420)}}};
}

Figure state_figure(const GeneEffectsReport& report, std::size_t state) {
  const std::string& name = report.states[state].name;
  Json x = effect_axis("mean shift toward the state", false);
  x["zeroline"] = true;
  x["zerolinecolor"] = kGrey;
  return volcano_figure(
      report, "state_" + std::to_string(state + 1), "Toward " + name, std::move(x),
      "Right of zero cells come to lie nearer the mean of " + name +
          " than before (cosine similarity, after less before), left of it farther. P tells whether the gene "
          "differs from the other genes of the same cells, not from zero.",
      [state](const RankedEffect& gene) -> const GeneStanding& { return gene.states[state]; });
}

}  // namespace

std::string shift_words(const GeneEffectsReport& report) {
  return report.measure == ShiftMeasure::kCosine ? "mean shift, 1 − cosine similarity"
                                                 : "mean shift, Euclidean distance";
}

std::vector<Figure> gene_effects_figures(const GeneEffectsReport& report) {
  std::vector<Figure> figures = {every_gene_rank_figure(report)};
  figures.push_back(volcano_figure(report, "shifts", "Shift and P",
                                   effect_axis(shift_words(report), all_above_zero(report, shift_of)),
                                   "How far a gene moves cells against the P value of its standing among the "
                                   "other genes of the same cells, two-sided.",
                                   shift_of));
  for (std::size_t state = 0; state < report.states.size(); ++state)
    figures.push_back(state_figure(report, state));
  return figures;
}

}  // namespace biodta::analysis
