#include "run_bank.hpp"

#include <biodta/embedding/united_banks.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/training/corpus_cells.hpp>

#include <string>
#include <utility>

namespace biodta::pipeline {
namespace {

/// Those that are named: an empty text in a config names none.
std::vector<std::filesystem::path> named(std::vector<std::filesystem::path> files) {
  std::erase_if(files, [](const auto& file) { return file.empty(); });
  return files;
}

constexpr const char* kFurtherHint =
    "further_embeddings names the banks of other kinds, in the order of the run's";

std::string sum_of(const std::vector<std::int64_t>& sizes) {
  std::string text;
  for (const auto size : sizes) text += (text.empty() ? "" : " + ") + std::to_string(size);
  return text;
}

}  // namespace

std::optional<embedding::EmbeddingBank> read_bank(const std::vector<std::filesystem::path>& files,
                                                  const std::vector<std::filesystem::path>& further) {
  const auto own = named(files), others = named(further);
  if (own.empty() && !others.empty()) throw ConfigError("further_embeddings: is set, but embeddings is not");
  if (own.empty()) return std::nullopt;
  std::vector<embedding::EmbeddingBank> banks{embedding::read_banks(own)};
  for (const auto& file : others) banks.push_back(embedding::EmbeddingBank::read(file));
  auto bank = embedding::join_banks(std::move(banks));
  if (bank.gene_count() == 0)
    throw InputError(name_of_bank(own, others), "gene_id",
                     others.empty() ? "no gene" : "no gene that all of them have", "at least one");
  return bank;
}

std::vector<std::int64_t> parts_of(const embedding::EmbeddingBank& bank) {
  return {bank.parts().begin(), bank.parts().end()};
}

std::filesystem::path name_of_bank(const std::vector<std::filesystem::path>& files,
                                   const std::vector<std::filesystem::path>& further) {
  std::string names;
  for (const auto* list : {&files, &further})
    for (const auto& file : named(*list)) names += (names.empty() ? "" : ", ") + file.string();
  return names;
}

std::vector<embedding::ContextIndex> read_contexts(const cells::Corpus& corpus,
                                                   const embedding::EmbeddingBank& bank,
                                                   std::string_view setting, const std::string& column,
                                                   support::Reporter& reporter) {
  if (column.empty()) {
    if (!bank.context_names().empty())
      reporter.info("every cell is read in the reference DNA; the bank has " +
                    support::counted(bank.context_names().size(), "context") + " (" + std::string(setting) +
                    " names the obs column of theirs)");
    return {};
  }
  auto contexts = training::contexts_of_cells(corpus, bank, setting, column);
  if (contexts.without > 0) {
    reporter.warn(support::with_thousands(contexts.without) + " of " +
                  support::with_thousands(contexts.of_cell.size()) +
                  " cells have no context in the embedding bank and are read in the reference");
  }
  return std::move(contexts.of_cell);
}

void require_bank_of(const model::ModelConfig& config, const std::filesystem::path& folder,
                     const embedding::EmbeddingBank& bank, const std::vector<std::filesystem::path>& files) {
  if (static_cast<std::size_t>(config.row_size) != bank.row_size()) {
    throw InputError(
        name_of_bank(files), "rows", std::to_string(bank.row_size()) + " values",
        "the " + std::to_string(config.row_size) + " that the adapter of " + folder.string() + " reads",
        config.row_parts.size() > 1 ? kFurtherHint : "");
  }
  if (!config.row_parts.empty() && config.row_parts != parts_of(bank)) {
    throw InputError(name_of_bank(files), "rows", "parts of " + sum_of(parts_of(bank)) + " values",
                     sum_of(config.row_parts) + ", as " + folder.string() + " reads them", kFurtherHint);
  }
  if (const auto name = embedding::disagreement(bank.provenance(), config.row_origin)) {
    throw InputError(
        name_of_bank(files), *name, bank.provenance().at(*name),
        config.row_origin.at(*name) + ", as of the rows that " + folder.string() + " was trained on");
  }
}

}  // namespace biodta::pipeline
