#pragma once
/// @file
/// biodta-mutagenesis: a trained run, a gene and cells in; a report of what the gene's mutation does out.

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/mutant_search.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/annotation.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::pipeline {

/// What is done to the gene.
enum class GenePerturbation {
  kMutate,  ///< its DNA is mutated and re-embedded; needs a run with an adapter
  kDelete   ///< its token is taken out: in silico deletion
};

/// Which cells are run.
struct PerturbedCellsOptions {
  std::vector<std::string> filters;  ///< `column=value` on obs; see analysis::CellSelectionOptions
  std::int64_t max_cells = 120;      ///< drawn at random when more express the gene; 0 = all
  std::string
      context_column;  ///< obs column whose values name the bank's contexts; empty = reference for all
};
void describe(support::OptionVisitor& visit, PerturbedCellsOptions& options);

/// How genes become answers.
struct EvaluationOptions {
  std::filesystem::path gene_sets;  ///< TSV with columns set, gene and optionally gene_id
  std::vector<std::string> sets;    ///< sets tested, `{gene}` standing for the gene's symbol; empty = all
  std::int64_t min_cells = 10;      ///< genes seen in fewer cells are not ranked
  std::vector<std::int64_t> top_k = {20, 50};
  std::int64_t random_sets = 1000;           ///< draws for the interval of random sets
  std::string control_set = "housekeeping";  ///< genes that are perturbed instead, as specificity control
  std::int64_t control_genes = 6;            ///< how many of them, drawn at random; 0 = no control
  std::int64_t readout_draws =
      2;  ///< masks drawn for the change in predicted abundance; 0 = do not measure it
};
void describe(support::OptionVisitor& visit, EvaluationOptions& options);

struct MutagenesisRunOptions {
  std::string gene;  ///< symbol or id
  GenePerturbation perturbation = GenePerturbation::kMutate;
  std::filesystem::path run;  ///< run folder of biodta-train, or a model folder
  /// Run or Hugging Face folders (the adapter-free twin, a Geneformer), in which the gene is deleted in
  /// silico, for comparison.
  std::vector<std::filesystem::path> baselines;
  std::filesystem::path corpus;
  std::vector<std::filesystem::path> embeddings;  ///< the run's bank, or several; for a run with an adapter
  /// Banks of other kinds (protein, isoforms), each read by an adapter of its own.
  std::vector<std::filesystem::path> further_embeddings;
  std::filesystem::path weights;  ///< folder of the Enformer that made the bank; kMutate only
  std::filesystem::path genome;   ///< with annotation, or instead of both: sequences; kMutate only
  std::filesystem::path annotation;
  genome::AnnotationOptions genes;
  std::filesystem::path sequences;  ///< FASTA, a record a gene named by symbol or id, TSS in the middle
  enformer::ExpressionReadout readout;
  enformer::SequenceEmbedderOptions embedder;  ///< as the bank was made
  analysis::MutantSearchOptions mutants;
  /// Scan every single base within this distance of the gene's TSS (bp) into saturation.tsv; 0 = no scan.
  std::int64_t saturation = 0;
  PerturbedCellsOptions cells;
  analysis::ShiftOptions shift;
  EvaluationOptions evaluation;
  std::int64_t seed = 1;         ///< of mutants, cells, controls and random sets
  std::filesystem::path output;  ///< folder of the report; empty = report/<SYMBOL> in the current folder
  bool overwrite = false;
  std::vector<std::string> notes;  ///< shown first in the report: what is simulated, what is untrained
};
void describe(support::OptionVisitor& visit, MutagenesisRunOptions& options);

struct MutagenesisOutcome {
  std::string tables;            ///< gene sets, then precision and recall, in aligned columns
  std::filesystem::path report;  ///< report.html
};

/// Runs the whole of the paper's section 3 for one gene and writes the report, which appears whole or not at
/// all. Throws ConfigError for settings that contradict each other or the run, InputError for files that
/// cannot be used, a gene that is not there (with the nearest names), that has no row, or that no cell
/// expresses (with the counts).
/// @param device  see choose_device.
MutagenesisOutcome mutagenesis(const MutagenesisRunOptions& options, support::Reporter& reporter,
                               std::string_view device = "auto");

}  // namespace biodta::pipeline
