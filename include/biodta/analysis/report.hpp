#pragma once
/// @file
/// The report of a perturbation: a folder of tables and figures, and one page that shows them. Torch-free.

#include <biodta/analysis/cell_selection.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/gene_sets.hpp>
#include <biodta/analysis/group_summary.hpp>
#include <biodta/analysis/matched_null.hpp>
#include <biodta/analysis/mutant.hpp>
#include <biodta/analysis/precision_recall_curve.hpp>
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

/// A gene that was perturbed: the one asked for, one perturbed together with it, or a control.
struct PerturbedGene {
  std::string gene_id;
  std::string symbol;
  bool control = false;
  bool partner = false;     ///< perturbed together with the gene asked for
  std::uint64_t cells = 0;  ///< in which it was perturbed
  std::string skipped;      ///< why a control was not measured; empty when it was
  /// Of DNA mutagenesis; empty where only tokens were perturbed.
  std::optional<GeneWindow> window;
  std::optional<MutantSearch> search;
  std::optional<MutantIdentity> identity;
  std::optional<SaturationScan> saturation;  ///< where it was asked for
  std::optional<WindowTrack> track;
  /// Of expression, as the DNA model predicts it, where ranks moved by it: the least and the greatest of its
  /// mutants.
  struct FoldChanges {
    double least = 1.0;
    double greatest = 1.0;
  };
  std::optional<FoldChanges> fold_changes;
};

/// What one of several mutants does (MutantUse::kAll, or those of a VCF).
struct MutantEffect {
  std::size_t trial = 0;       ///< index in MutantSearch::trials of the gene asked for
  RunningMoments cell;         ///< of each cell, the mean shift of its other genes
  RunningMoments perturbed;    ///< of the gene itself
  std::vector<double> aurocs;  ///< in the order of Report::sets
};

/// Whether perturbed cells move toward a state.
struct StateShift {
  std::string name;         ///< filter that its cells pass, `column=value`
  std::uint64_t cells = 0;  ///< of the state, whose mean it is
  RunningMoments shift;     ///< over perturbed cells: cosine similarity with the state, after less before
};

/// One model and one way to perturb, over the same cells as the others.
struct MethodRun {
  std::string name;  ///< for example "Bio-DTA, in silico mutagenesis"
  GeneRanking ranking;
  std::vector<GeneSetTest> tests;  ///< in the order of Report::sets
  RunningMoments perturbed;  ///< shift of the perturbed gene itself; empty where it is deleted or masked
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

/// What was done, in words for sentences.
struct PerturbationWords {
  std::string noun = "in silico deletion";                  ///< "in silico mutagenesis", …
  std::string compared = "as it is and without its token";  ///< how each cell was run, twice
  std::string measure = "1 − cosine similarity";            ///< of two embeddings
};

/// Everything that a report shows.
struct Report {
  std::string gene_id;  ///< of several perturbed together, "A + B"
  std::string symbol;   ///< likewise
  PerturbationWords words;
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
  /// In the order of sets, of the readout: an AUROC below 0.5 says that the set goes down. Empty without it.
  std::vector<GeneSetTest> direction;
  /// The gene asked for first, then those perturbed together with it, then the controls.
  std::vector<PerturbedGene> perturbed;
  std::vector<ControlSummary> controls;  ///< in the order of sets; empty when no control was run
  std::vector<PrecisionRecall> precision_recall;
  std::vector<PrecisionRecallCurve> curves;  ///< of every method, over the genes that all rank
  std::vector<MutantEffect> mutants;         ///< where several were put into cells, one at a time
  std::string group_column;                  ///< obs column of `groups`; empty without groups
  std::vector<GroupSummary> groups;          ///< in the order of sets
  std::vector<StateShift> states;            ///< empty unless asked for
};

/// Throws ConfigError when something stands at `folder` and it may not be replaced: to be asked before the
/// work.
void check_report_folder(const std::filesystem::path& folder, bool overwrite);

/// Writes genes.tsv, gene_sets.tsv, methods.tsv and precision_recall.tsv; precision_recall_curves.tsv,
/// readout.tsv, direction.tsv, groups.tsv and states.tsv where the report has these; where DNA was mutated
/// expression.tsv, identity.tsv and mutants.vcf, and mutants.tsv, window_track.tsv and saturation.tsv where
/// the report has these; figures/*.json (Plotly), config.yaml and report.html, which needs no other file and
/// no network. The folder appears whole or not at all. docs/formats.md tells their columns.
void write_report(const Report& report, const std::filesystem::path& folder, bool overwrite);

/// What a program prints, in aligned columns: gene sets, which way they go, methods, and precision and recall
/// of the first set.
std::string summary_text(const Report& report);

}  // namespace biodta::analysis
