#pragma once
/// @file
/// The report of every gene perturbed alone: a folder of tables and figures, and one page that shows them.

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/gene_effects.hpp>
#include <biodta/analysis/report.hpp>
#include <biodta/cells/vocabulary.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace biodta::analysis {

/// A state toward which cells may move.
struct EffectState {
  std::string name;         ///< filter that its cells pass, `column=value`
  std::uint64_t cells = 0;  ///< of the state, whose mean it is
};

/// Everything that the report shows.
struct GeneEffectsReport {
  /// What was run: notes, created, program, command, config, settings and inputs; its other fields are
  /// unused.
  Report about;
  std::string noun = "in silico deletion";      ///< "in silico overexpression", …
  std::string done = "its token is taken out";  ///< what is done to a gene
  ShiftMeasure measure = ShiftMeasure::kCosine;
  cells::Vocabulary vocabulary;
  std::uint64_t cells = 0;            ///< perturbed
  std::uint64_t genes_perturbed = 0;  ///< in any of them
  std::uint64_t min_cells = 1;        ///< genes perturbed in fewer are not ranked
  std::vector<RankedEffect> genes;    ///< ranked
  std::string group_column;           ///< obs column whose values are the units of P; empty = cells are
  std::vector<EffectState> states;    ///< in the order of RankedEffect::states
};

/// Writes genes.tsv (a row a gene, largest mean shift first: cells, mean and sd of the shift, AUROC against
/// the other genes of the same cells, P, FDR; with groups their number, and AUROC and P of cells; the same
/// for each state as `mean_shift:STATE` …), figures/*.json (Plotly), config.yaml and report.html, which needs
/// no other file and no network. The folder appears whole or not at all. Throws as check_report_folder.
void write_report(const GeneEffectsReport& report, const std::filesystem::path& folder, bool overwrite);

/// What a program prints: the genes that move cells most, in aligned columns, and toward each state.
std::string summary_text(const GeneEffectsReport& report);

}  // namespace biodta::analysis
