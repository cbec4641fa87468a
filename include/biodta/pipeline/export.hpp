#pragma once
/// @file
/// biodta-export: a finished run in; a Hugging Face folder, and cell and gene embeddings as .h5ad, out.

#include <biodta/analysis/contextual_embedding.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::pipeline {

/// Which cells are embedded, and in which DNA each is read.
struct EmbeddedCellsOptions {
  std::vector<std::string> filters;  ///< `column=value` on obs; see analysis::CellSelectionOptions
  std::int64_t max_cells = 0;        ///< drawn at random when more pass; 0 = all
  std::int64_t seed = 0;             ///< of the draw
  /// obs column whose values name the bank's contexts; empty = ExportOptions::context for all.
  std::string context_column;
};
void describe(support::OptionVisitor& visit, EmbeddedCellsOptions& options);

struct ExportOptions {
  std::filesystem::path run;                      ///< run folder of biodta-train, or a model folder
  std::filesystem::path hf;                       ///< folder of a BertForMaskedLM to write; empty = none
  std::filesystem::path cells;                    ///< .h5ad of cell embeddings to write; empty = none
  std::filesystem::path genes;                    ///< .h5ad of gene embeddings to write; empty = none
  std::filesystem::path corpus;                   ///< whose cells are embedded; for `cells` and `genes`
  std::vector<std::filesystem::path> embeddings;  ///< the run's bank, or several; for a run with an adapter
  /// Banks of other kinds (protein, isoforms), each read by an adapter of its own.
  std::vector<std::filesystem::path> further_embeddings;
  std::string context;  ///< of the bank, in which genes are read; empty = the reference
  EmbeddedCellsOptions selection;
  analysis::ContextualEmbeddingOptions embedding;
  bool overwrite = false;
};
void describe(support::OptionVisitor& visit, ExportOptions& options);

/// Writes what the options name; each output appears whole or not at all.
///
/// `hf`: config.json, model.safetensors, export.yaml (the settings) and, where the model has a vocabulary,
/// vocabulary.tsv and token_dictionary.json (gene id to token). An adapter becomes the table of what it gives
/// for the rows of `context`; a gene without a row has a vector of zeros and is not in the token dictionary,
/// so that it is left out of cells as the run leaves it out.
/// `cells`: X [cells, H], the corpus' obs beside it; cells without a token that the model reads are left out.
/// `genes`: X [genes, H], obs gene_id, symbol, cells; genes that are in none of the cells are left out.
///
/// Throws ConfigError for settings that contradict each other or the run, and for outputs that exist;
/// InputError for a run that is not finished, another vocabulary than the corpus', an unknown context, a bank
/// of another width.
/// @param device  see choose_device.
void export_run(const ExportOptions& options, support::Reporter& reporter, std::string_view device = "auto");

}  // namespace biodta::pipeline
