#include "export_outputs.hpp"
#include "run_bank.hpp"

#include <biodta/pipeline/device.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

namespace biodta::pipeline {

embedding::ContextIndex chosen_context(const ExportOptions& options, const embedding::EmbeddingBank& bank) {
  if (options.context.empty()) return embedding::kReference;
  if (const auto context = bank.context_index(options.context)) return *context;
  const auto near = support::nearest_names(options.context, bank.context_names());
  throw InputError(name_of_bank(options.embeddings), "contexts", "no context '" + options.context + "'",
                   "one of its " + support::with_thousands(bank.context_names().size()) + " contexts",
                   near.empty() ? "" : "did you mean " + support::join_words(near) + "?");
}

void export_run(const ExportOptions& options, support::Reporter& reporter, std::string_view device) {
  check(options);
  const auto bank = read_bank(options.embeddings, options.further_embeddings);
  std::optional<EmbeddingExport> embeddings;
  if (!options.cells.empty() || !options.genes.empty())
    embeddings.emplace(options, bank, reporter, choose_device(device));
  if (!options.hf.empty()) export_hugging_face(options, bank, reporter);
  if (embeddings) embeddings->run();
}

}  // namespace biodta::pipeline
