#include "existing_output.hpp"
#include "export_outputs.hpp"
#include "perturbed_run.hpp"
#include "required_paths.hpp"
#include "run_bank.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

namespace biodta::pipeline {
namespace {

void require_file_place(const std::string& key, const std::filesystem::path& file,
                        const ExportOptions& options) {
  if (file.empty()) return;
  support::require_regular(key, file);
  const auto model = model_folder(options.run);
  support::require_not_read(
      key, file, {options.corpus, model / "config.json", model_weights(model), model / "vocabulary.tsv"});
  for (const auto* banks : {&options.embeddings, &options.further_embeddings})
    for (const auto& bank : *banks) support::require_not_read(key, file, {bank});
  if (std::filesystem::exists(file) && !options.overwrite) refuse_existing(key, file);
  support::require_writable(file);
}

void require_folder_place(const ExportOptions& options) {
  if (options.hf.empty()) return;
  support::require_not_read("hf", options.hf, {options.run, model_folder(options.run)});
  std::error_code ignored;
  const bool empty_folder =
      std::filesystem::is_directory(options.hf, ignored) && std::filesystem::is_empty(options.hf, ignored);
  if (std::filesystem::exists(options.hf, ignored) && !empty_folder) {
    if (!options.overwrite) refuse_existing("hf", options.hf);
    if (!support::may_replace(options.hf, kExportRecord))
      throw ConfigError("hf: found " + options.hf.string() + ", which is no export (it has no " +
                            kExportRecord + "), expected an export to overwrite",
                        "remove it by hand, or choose another folder");
  }
  support::require_writable(options.hf);
}

}  // namespace

void describe(support::OptionVisitor& visit, EmbeddedCellsOptions& options) {
  visit.field("filters", options.filters,
              "column=value on obs; several on one column are alternatives, several columns add up");
  visit.field("max_cells", options.max_cells, "cells drawn at random when more pass the filters; 0 = all",
              support::at_least(0));
  visit.field("seed", options.seed, "of the draw", support::at_least(0));
  visit.field(
      "context_column", options.context_column,
      "obs column whose values name the bank's contexts (for example donor); empty = context for all");
}

void describe(support::OptionVisitor& visit, ExportOptions& options) {
  visit.field("run", options.run, "run folder of biodta-train, finished, or a model folder");
  visit.field("hf", options.hf, "folder of a Hugging Face BertForMaskedLM to write; empty = none");
  visit.field("cells", options.cells, "cell embeddings to write, .h5ad; empty = none");
  visit.field("genes", options.genes, "gene embeddings to write, .h5ad; empty = none");
  visit.field("corpus", options.corpus, "rank-encoded cells, from biodta-tokenize; for cells and genes");
  visit.field("embeddings", options.embeddings,
              "the run's embedding bank, or several as one; for a run with an adapter");
  visit.field("further_embeddings", options.further_embeddings,
              "banks of other kinds (protein, isoforms), as the run was trained with");
  visit.field("context", options.context,
              "context of the bank in which genes are read (for example a donor); empty = the reference");
  visit.section("selection", options.selection, "which cells are embedded");
  visit.section("embedding", options.embedding, "what of the model is the embedding");
  visit.field("overwrite", options.overwrite, "replace outputs that exist");
}

void check(const ExportOptions& options) {
  require_set(options.run, "run", "a run folder of biodta-train");
  if (options.hf.empty() && options.cells.empty() && options.genes.empty())
    throw ConfigError("hf, cells, genes: none is set, expected what to write");
  const bool embeds = !options.cells.empty() || !options.genes.empty();
  if (embeds) require_set(options.corpus, "corpus", "the cells to embed, from biodta-tokenize");
  if (!embeds && !options.corpus.empty())
    throw ConfigError("corpus: is set, but neither cells nor genes are to be written");
  if (!options.context.empty() && !options.selection.context_column.empty())
    throw ConfigError("context: is set beside selection.context_column, expected one or the other");
  if (!options.context.empty())
    require_set(name_of_bank(options.embeddings), "embeddings", "the bank that has the context");
  require_file_place("cells", options.cells, options);
  require_file_place("genes", options.genes, options);
  support::require_not_read("genes", options.genes, {options.cells});
  require_folder_place(options);
}

}  // namespace biodta::pipeline
