#pragma once
/// @file
/// Figures of the report of every gene.

#include "report_figures.hpp"

#include <biodta/analysis/gene_effects_report.hpp>

#include <vector>

namespace biodta::analysis {

/// How far a cell moved, for axes and sentences.
std::string shift_words(const GeneEffectsReport& report);

/// Genes by rank; their shift against P; the same toward each state.
std::vector<Figure> gene_effects_figures(const GeneEffectsReport& report);

}  // namespace biodta::analysis
