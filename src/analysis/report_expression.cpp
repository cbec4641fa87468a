#include "report_figures.hpp"
#include "report_format.hpp"
#include "report_layout.hpp"

#include <biodta/analysis/mutant_choice.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

/// Bins on either side of the TSS that a track is shown for at first.
constexpr std::int64_t kBinsShown = 32;

/// "mutant 7, 12 edits", "rs12, 1 edit, 14 carriers".
std::string trial_text(const MutantSearch& search, std::size_t trial) {
  const MutantTrial& mutant = search.trials[trial];
  std::string text = mutant_label(search, trial) + ", " + support::counted(mutant.edits.size(), "edit");
  if (mutant.carriers.value_or(0) > 0) text += ", " + support::counted(*mutant.carriers, "carrier");
  return text;
}

Json trial_trace(const MutantSearch& search, std::string_view name, std::string_view colour,
                 std::string_view symbol, int size, const auto& belongs) {
  Json x = Json::array();
  Json y = Json::array();
  Json text = Json::array();
  for (std::size_t i = 0; i < search.trials.size(); ++i) {
    if (!belongs(i)) continue;
    x.push_back(i + 1);
    y.push_back(search.trials[i].expression);
    text.push_back(html_escape(trial_text(search, i)));
  }
  return marker_trace({std::string(name), std::string(colour), std::string(symbol), size}, std::move(x),
                      std::move(y), std::move(text), "%{text}<br>expression %{y:.4g}<extra></extra>");
}

/// A dashed line across at the reference's expression, with its number.
void add_reference(Json& layout, double reference) {
  layout["shapes"] = Json::array({{{"type", "line"},
                                   {"xref", "paper"},
                                   {"x0", 0},
                                   {"x1", 1},
                                   {"y0", reference},
                                   {"y1", reference},
                                   {"line", {{"color", kBlack}, {"width", 1.5}, {"dash", "dash"}}}}});
  layout["annotations"] = Json::array({{{"xref", "paper"},
                                        {"x", 1},
                                        {"y", reference},
                                        {"xanchor", "right"},
                                        {"yanchor", "bottom"},
                                        {"showarrow", false},
                                        {"text", "reference DNA: " + small_number(reference)}}});
}

const char* kind_of(const MutantSearch& search) {
  switch (search.origin) {
    case MutantOrigin::kVariants:
      return "variant of the VCF";
    case MutantOrigin::kHaplotypes:
      return "haplotype of the VCF";
    case MutantOrigin::kRandom:
      break;
  }
  return "random mutant";
}

const char* star_text(const MutantSearch& search) {
  if (search.use == MutantUse::kMean) return "Stars are the mutants whose mean was taken.";
  return search.used.size() > 1 ? "Stars are the mutants that were taken, one at a time."
                                : "The star is the mutant that was taken.";
}

/// "expression", of further genes "expression_2", …
std::string numbered(std::string_view name, std::size_t number) {
  return std::string(name) + (number == 0 ? "" : "_" + std::to_string(number + 1));
}

Figure expression_figure(const PerturbedGene& gene, std::size_t number) {
  const MutantSearch& search = *gene.search;
  const auto taken = [&](std::size_t i) { return is_used(search, i); };
  const auto goes_down = [&](std::size_t i) {
    return goes(search.trials[i], search.reference_expression, MutantDirection::kLower);
  };
  Json data = Json::array();
  data.push_back(trial_trace(search, "lowers expression", kThisRun, "circle", 9,
                             [&](std::size_t i) { return goes_down(i) && !taken(i); }));
  data.push_back(trial_trace(search, "does not lower it", kGrey, "x", 8,
                             [&](std::size_t i) { return !goes_down(i) && !taken(i); }));
  data.push_back(trial_trace(search, "taken", kChosen, "star", 15, taken));
  Json x = axis(kind_of(search));
  x["showgrid"] = false;
  x["range"] = {0, search.trials.size() + 1};
  Json y = axis("predicted expression");
  y["rangemode"] = "tozero";
  Json layout = base_layout(std::move(x), std::move(y), 360);
  add_reference(layout, search.reference_expression);
  return {numbered("expression", number),
          "Predicted expression of mutants of " + gene.symbol,
          std::string("Each point is one ") + kind_of(search) + " of the DNA around the start of " +
              gene.symbol + "; the dashed line is the reference. " + star_text(search),
          {{"data", std::move(data)}, {"layout", std::move(layout)}}};
}

/// Steps: a value a bin.
Json track_trace(const WindowTrack& track, const std::vector<double>& values, std::string_view name,
                 std::string_view colour, std::string_view dash) {
  Json x = Json::array();
  for (std::size_t bin = 0; bin < values.size(); ++bin)
    x.push_back(static_cast<double>(track.first) +
                (static_cast<double>(bin) + 0.5) * static_cast<double>(track.bin_size));
  return {{"type", "scatter"},
          {"mode", "lines"},
          {"name", name},
          {"x", std::move(x)},
          {"y", values},
          {"hovertemplate", "%{x} bp: %{y:.4g}<extra>%{fullData.name}</extra>"},
          {"line", {{"color", colour}, {"width", 2}, {"dash", dash}, {"shape", "hvh"}}}};
}

/// Around the TSS, so that single bins are seen; a double click shows all.
/// @return whether anything is outside.
bool zoom_to_tss(const WindowTrack& track, Json& x, Json& y) {
  const std::int64_t reach = kBinsShown * track.bin_size;
  const auto bins = static_cast<std::int64_t>(track.reference.size());
  const std::int64_t first = std::max(track.first, -reach);
  const std::int64_t end = std::min(track.first + bins * track.bin_size, reach);
  double highest = 0.0;
  for (std::int64_t bin = 0; bin < bins; ++bin) {
    const std::int64_t place = track.first + bin * track.bin_size;
    if (place + track.bin_size <= first || place >= end) continue;
    const auto i = static_cast<std::size_t>(bin);
    highest = std::max({highest, track.reference[i], track.mutant.at(i)});
  }
  x["range"] = {first, end};
  if (highest > 0.0) y["range"] = {0.0, 1.08 * highest};
  return first > track.first || end < track.first + bins * track.bin_size;
}

/// The bins whose sum is the gene's expression, shaded.
Json summed_bins(const WindowTrack& track) {
  return {{"type", "rect"},
          {"xref", "x"},
          {"yref", "paper"},
          {"x0", track.summed_first},
          {"x1", track.summed_end},
          {"y0", 0},
          {"y1", 1},
          {"layer", "below"},
          {"line", {{"width", 0}}},
          {"fillcolor", "#F0F0F0"}};
}

Figure track_figure(const PerturbedGene& gene, std::size_t number) {
  const WindowTrack& track = *gene.track;
  Json data = Json::array();
  data.push_back(track_trace(track, track.reference, "reference DNA", kBlack, "solid"));
  data.push_back(track_trace(track, track.mutant, "mutant", kChosen, "dot"));
  Json x = axis("bp from the transcription start site, + strand");
  Json y = axis("predicted expression a bin");
  const bool zoomed = zoom_to_tss(track, x, y);
  Json layout = base_layout(std::move(x), std::move(y), 340);
  layout["shapes"] = Json::array({vertical_line(0.0)});
  std::string caption =
      "What the DNA model predicts in each bin of " + std::to_string(track.bin_size) +
      " bp around the start of " + gene.symbol +
      " (dashed), for the reference and for the mutant that changes expression most of those "
      "taken.";
  if (zoomed) caption += " A double click shows the whole window.";
  if (track.summed_end > track.summed_first) {
    layout["shapes"].push_back(summed_bins(track));
    caption += " Shaded: the bins whose sum is the gene’s predicted expression.";
  }
  return {numbered("track", number),
          "Predicted expression along the DNA of " + gene.symbol,
          std::move(caption),
          {{"data", std::move(data)}, {"layout", std::move(layout)}}};
}

}  // namespace

std::vector<Figure> dna_figures(const Report& report) {
  std::vector<Figure> figures;
  std::size_t number = 0;
  for (const auto* gene : targets_of(report)) {
    if (gene->search) figures.push_back(expression_figure(*gene, number));
    if (gene->track) figures.push_back(track_figure(*gene, number));
    if (gene->saturation) figures.push_back(saturation_figure(*gene, numbered("saturation", number)));
    ++number;
  }
  return figures;
}

}  // namespace biodta::analysis
