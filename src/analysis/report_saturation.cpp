#include "report_figures.hpp"
#include "report_format.hpp"
#include "report_layout.hpp"

#include <cmath>
#include <map>
#include <string>
#include <utility>

namespace biodta::analysis {
namespace {

/// Trace of the mutants to one base: distance from the TSS against the change of expression.
struct BaseTrace {
  Json x = Json::array();
  Json y = Json::array();
  Json text = Json::array();
};

std::string effect_text(const SaturationEffect& effect) {
  return std::to_string(effect.edit.position + 1) + " " + effect.edit.ref + "→" + effect.edit.alt;
}

}  // namespace

Figure saturation_figure(const PerturbedGene& gene, std::string name) {
  std::map<std::string, BaseTrace> bases;
  for (const auto& effect : gene.saturation->effects) {
    BaseTrace& trace = bases[effect.edit.alt];
    trace.x.push_back(effect.edit.position - gene.window->tss);
    trace.y.push_back(std::log2(effect.expression / gene.saturation->reference_expression));
    trace.text.push_back(effect_text(effect));
  }
  const std::map<std::string, std::pair<std::size_t, const char*>> looks = {
      {"A", {2, "circle"}}, {"C", {1, "diamond"}}, {"G", {5, "square"}}, {"T", {0, "triangle-up"}}};
  Json data = Json::array();
  for (auto& [base, trace] : bases) {
    const auto& [colour, symbol] = looks.at(base);
    data.push_back({{"type", "scatter"},
                    {"mode", "markers"},
                    {"name", "to " + base},
                    {"x", std::move(trace.x)},
                    {"y", std::move(trace.y)},
                    {"text", std::move(trace.text)},
                    {"hovertemplate", "%{text}<br>log2 fold change %{y:.3f}<extra></extra>"},
                    {"marker", {{"color", kColours[colour]}, {"symbol", symbol}, {"size", 6}}}});
  }
  Json layout = base_layout(axis("bp from the transcription start site, + strand"),
                            axis("log2 fold change of expression"), 360);
  return {std::move(name),
          "Every base changed, one at a time",
          "Each point is one base of the DNA around the start of " + gene.symbol +
              " changed to another: what the DNA model then predicts against the reference.",
          {{"data", std::move(data)}, {"layout", std::move(layout)}}};
}

}  // namespace biodta::analysis
