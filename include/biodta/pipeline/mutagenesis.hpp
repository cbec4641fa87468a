#pragma once
/// @file
/// biodta-mutagenesis: a trained run, a gene and cells in; a report of what the gene's mutation does out.

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/mutant_search.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/annotation.hpp>
#include <biodta/pipeline/rank_values.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::pipeline {

/// What is done to the gene, and to those perturbed together with it. Those that move it by rank need a
/// mutant as the mutations do, since the DNA model says by how much.
enum class GenePerturbation {
  kMutate,             ///< its DNA is mutated and re-embedded; needs a run with an adapter
  kMutateAndRankMove,  ///< … and its token moves to the rank that its count times the predicted fold change
                       ///< would have had
  kRankMove,           ///< the token moves so, with the embedding that it has
  kDelete,             ///< the token is taken out: in silico deletion
  kOverexpress,        ///< the token moves to the front; put there in cells that lack it
  kInhibit,            ///< the token moves down by quartiles of the cell's genes
  kActivate,           ///< … up
  kMask                ///< the mask token takes its place
};

/// Which cells are run.
struct PerturbedCellsOptions {
  std::vector<std::string> filters;  ///< `column=value` on obs; see analysis::CellSelectionOptions
  std::int64_t max_cells = 120;      ///< drawn at random when more express the gene; 0 = all
  std::string
      context_column;        ///< obs column whose values name the bank's contexts; empty = reference for all
  std::string group_column;  ///< obs column of donors or regions, for a summary over them; empty = none
  std::vector<std::string> states;  ///< filters, each a state toward which cells may move
  std::int64_t state_cells = 1000;  ///< drawn of each state for its mean; 0 = all
};
void describe(support::OptionVisitor& visit, PerturbedCellsOptions& options);

/// Which genes of the control set are the controls.
enum class ControlChoice {
  kRandom,
  kMatched  ///< those that are seen most like the gene: see analysis::matched_genes
};

/// How genes become answers.
struct EvaluationOptions {
  std::filesystem::path gene_sets;  ///< TSV with columns set, gene and optionally gene_id
  std::vector<std::string> sets;    ///< sets tested, `{gene}` standing for the gene's symbol; empty = all
  std::int64_t min_cells = 10;      ///< genes seen in fewer cells are not ranked
  std::vector<std::int64_t> top_k = {20, 50};
  std::int64_t random_sets = 1000;  ///< draws for the interval of random sets
  analysis::Complement complement = analysis::Complement::kAllOthers;
  /// Genes that are perturbed instead, as specificity control; empty = any that are in none of the sets.
  std::string control_set;
  std::int64_t control_genes = 39;  ///< how many; 0 = no control
  ControlChoice control_choice = ControlChoice::kMatched;
  std::int64_t readout_draws =
      2;  ///< masks drawn for the change in predicted abundance; 0 = do not measure it
  std::vector<std::string> compare;                      ///< further perturbations, in the run's own model
  std::vector<std::string> compare_baselines{"delete"};  ///< perturbations in each baseline
};
void describe(support::OptionVisitor& visit, EvaluationOptions& options);

struct MutagenesisRunOptions {
  std::string gene;               ///< symbol or id
  bool all_genes = false;         ///< instead: every gene of every cell, each alone; see every_gene.hpp
  std::vector<std::string> with;  ///< genes perturbed together with it
  GenePerturbation perturbation = GenePerturbation::kMutate;
  std::int64_t quartiles = 1;  ///< of kInhibit and kActivate
  std::filesystem::path run;   ///< run folder of biodta-train, or a model folder
  /// Run or Hugging Face folders (the adapter-free twin, a Geneformer) to compare with.
  std::vector<std::filesystem::path> baselines;
  std::filesystem::path corpus;
  std::vector<std::filesystem::path> embeddings;  ///< the run's bank, or several; for a run with an adapter
  /// Banks of other kinds (protein, isoforms), each read by an adapter of its own.
  std::vector<std::filesystem::path> further_embeddings;
  std::filesystem::path weights;  ///< folder of the Enformer that made the bank; where a mutant is made
  std::filesystem::path genome;   ///< with annotation, or instead of both: sequences; likewise
  std::filesystem::path annotation;
  genome::AnnotationOptions genes;
  std::filesystem::path sequences;  ///< FASTA, a record a gene named by symbol or id, TSS in the middle
  enformer::ExpressionReadout readout;
  enformer::SequenceEmbedderOptions embedder;  ///< as the bank was made
  analysis::MutantSearchOptions mutants;
  /// Scan every single base within this distance of the gene's TSS (bp) into saturation.tsv; 0 = no scan.
  std::int64_t saturation = 0;
  PerturbedCellsOptions cells;
  RankValueOptions rank_values;  ///< for perturbations that move ranks
  analysis::ShiftOptions shift;
  EvaluationOptions evaluation;
  std::string shard;             ///< of all_genes: "i/n", only part i of n of the cells; empty = all
  std::int64_t seed = 1;         ///< of mutants, cells, controls and random sets
  std::filesystem::path output;  ///< folder of the report; empty = report/<SYMBOL> in the current folder
  bool overwrite = false;
  std::vector<std::string> notes;  ///< shown first in the report: what is simulated, what is untrained
};
void describe(support::OptionVisitor& visit, MutagenesisRunOptions& options);

struct MutagenesisOutcome {
  std::string tables;            ///< gene sets, then precision and recall, in aligned columns
  std::filesystem::path report;  ///< report.html; empty where other shards have yet to end
};

/// Runs the whole of the paper's section 3 for one gene and writes the report, which appears whole or not at
/// all. Throws ConfigError for settings that contradict each other or the run, InputError for files that
/// cannot be used, a gene that is not there (with the nearest names), that has no row, or that no cell
/// expresses (with the counts).
/// @param device  see choose_device.
MutagenesisOutcome mutagenesis(const MutagenesisRunOptions& options, support::Reporter& reporter,
                               std::string_view device = "auto");

}  // namespace biodta::pipeline
