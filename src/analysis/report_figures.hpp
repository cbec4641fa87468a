#pragma once
/// @file
/// The report's figures as Plotly JSON ({"data": […], "layout": {…}}), in colours that the colour-blind tell
/// apart (Okabe & Ito 2008) and with shapes beside colours.

#include <biodta/analysis/report.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace biodta::analysis {

struct Figure {
  std::string name;  ///< of its file and of its place in the page: lower case, underscores
  std::string title;
  std::string caption;  ///< how to read it
  nlohmann::ordered_json plotly;

  /// As text; bytes that are no UTF-8 (a symbol of a broken file) become U+FFFD. @param indent  -1 = one
  /// line.
  std::string text(int indent) const {
    return plotly.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
};

/// Of each gene asked for: predicted expression of every mutant, beside the reference; along the window; and
/// after changing every single base. What was not measured has no figure. Of the first gene they are called
/// "expression", "track" and "saturation", of the second "expression_2", …
std::vector<Figure> dna_figures(const Report& report);
/// What every single base does to predicted expression. Needs a saturation scan.
Figure saturation_figure(const PerturbedGene& gene, std::string name);
/// Every scored gene by its rank and mean shift, gene sets coloured, symbols on hover.
Figure rank_figure(const Report& report);
/// Shift distribution by set, beside all scored genes.
Figure distribution_figure(const Report& report);
/// AUROC by set: this run, the other methods, the range of the controls.
Figure auroc_figure(const Report& report);

}  // namespace biodta::analysis
