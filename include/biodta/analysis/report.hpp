#pragma once
/// @file
/// The report of a perturbation: a folder of tables and figures, and one page that shows them. Torch-free.

#include <biodta/analysis/cell_selection.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/gene_sets.hpp>
#include <biodta/analysis/matched_null.hpp>
#include <biodta/analysis/mutant.hpp>
#include <biodta/analysis/set_specificity.hpp>
#include <biodta/analysis/specific_shift.hpp>
#include <biodta/cells/vocabulary.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis {

/// A gene that was perturbed: the one asked for, or a control.
struct PerturbedGene {
  std::string gene_id;
  std::string symbol;
  bool control = false;
  std::uint64_t cells = 0;  ///< in which it was perturbed
  std::string skipped;      ///< why a control was not measured; empty when it was
  /// Of DNA mutagenesis; empty for an in silico deletion.
  std::optional<GeneWindow> window;
  std::optional<MutantSearch> search;
  std::optional<MutantIdentity> identity;
  std::optional<SaturationScan> saturation;  ///< where it was asked for
};

/// One model and one way to perturb, over the same cells as the others.
struct MethodRun {
  std::string name;  ///< for example "Bio-DTA, in silico mutagenesis"
  GeneRanking ranking;
  std::vector<GeneSetTest> tests;  ///< in the order of Report::sets
  RunningMoments perturbed;        ///< shift of the perturbed gene itself; empty after a deletion
};

/// A way to order genes, beside others: another model, or a plain baseline.
struct ComparedMethod {
  std::string name;
  std::vector<GeneSetTest> tests;  ///< in the order of Report::sets, over the genes that all methods rank
};

struct ReportInput {
  std::string role;  ///< for example "corpus"
  std::filesystem::path path;
  std::string checksum;
};

/// Everything that a report shows.
struct Report {
  std::string gene_id;
  std::string symbol;
  std::vector<std::string> notes;  ///< shown first and prominently: what is simulated, what is untrained
  std::string created;             ///< date and time, as text
  std::string program;             ///< name and version
  std::string command;             ///< that repeats it
  std::string config;              ///< resolved, YAML
  std::vector<std::pair<std::string, std::string>> settings;  ///< the few that a reader needs, in words
  std::vector<ReportInput> inputs;

  cells::Vocabulary vocabulary;
  std::vector<GeneSet> sets;
  CellSelection cells;
  MethodRun run;
  std::vector<ComparedMethod> methods;  ///< the run first
  std::vector<MatchedSetTest> matched;  ///< in the order of sets: against sets that are seen as much
  /// In the order of sets: against what mutations of the control genes do; empty with fewer than two.
  std::vector<SetSpecificity> specificity;
  std::optional<SpecificShifts> specific;  ///< of each gene; likewise
  std::optional<ShiftTable> readout;       ///< change of log predicted abundance, where it was measured
  std::vector<PerturbedGene> perturbed;    ///< the gene asked for first, then the controls
  std::vector<ControlSummary> controls;    ///< in the order of sets; empty when no control was run
  std::vector<PrecisionRecall> precision_recall;
};

/// Throws ConfigError when something stands at `folder` and it may not be replaced: to be asked before the
/// work.
void check_report_folder(const std::filesystem::path& folder, bool overwrite);

/// Writes genes.tsv, gene_sets.tsv, precision_recall.tsv, expression.tsv, identity.tsv and mutants.vcf (when
/// DNA was mutated), saturation.tsv (when it was scanned), figures/*.json (Plotly), config.yaml and
/// report.html, which needs no other file and no network. The folder appears whole or not at all.
void write_report(const Report& report, const std::filesystem::path& folder, bool overwrite);

/// What a program prints: the gene-set table and the precision/recall table in aligned columns.
std::string summary_text(const Report& report);

}  // namespace biodta::analysis
