#include "run_bank.hpp"

#include <biodta/embedding/united_banks.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <string>
#include <utility>

namespace biodta::pipeline {
namespace {

/// Those that are named: an empty text in a config names none.
std::vector<std::filesystem::path> named(std::vector<std::filesystem::path> files) {
  std::erase_if(files, [](const auto& file) { return file.empty(); });
  return files;
}

std::string counted_parts(std::size_t parts) {
  return support::counted(parts, "part") + " a row";
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
  if (!others.empty() && bank.gene_count() == 0)
    throw InputError(name_of_bank(others), "gene_id", "none of the genes of " + name_of_bank(own).string(),
                     "rows of the same genes");
  return bank;
}

std::vector<std::int64_t> parts_of(const embedding::EmbeddingBank& bank) {
  return {bank.parts().begin(), bank.parts().end()};
}

std::filesystem::path name_of_bank(const std::vector<std::filesystem::path>& files) {
  std::string names;
  for (const auto& file : named(files)) names += (names.empty() ? "" : ", ") + file.string();
  return names;
}

void require_bank_of(const model::ModelConfig& config, const std::filesystem::path& folder,
                     const embedding::EmbeddingBank& bank, const std::vector<std::filesystem::path>& files) {
  if (static_cast<std::size_t>(config.row_size) != bank.row_size()) {
    throw InputError(
        name_of_bank(files), "rows", std::to_string(bank.row_size()) + " values",
        "the " + std::to_string(config.row_size) + " that the adapter of " + folder.string() + " reads");
  }
  if (!config.row_parts.empty() && config.row_parts != parts_of(bank)) {
    throw InputError(name_of_bank(files), "rows", counted_parts(bank.parts().size()),
                     "the " + counted_parts(config.row_parts.size()) + " that " + folder.string() + " reads",
                     "further_embeddings names the banks of other kinds, in the order of the run's");
  }
  if (const auto name = embedding::disagreement(bank.provenance(), config.row_origin)) {
    throw InputError(
        name_of_bank(files), *name, bank.provenance().at(*name),
        config.row_origin.at(*name) + ", as of the rows that " + folder.string() + " was trained on");
  }
}

}  // namespace biodta::pipeline
