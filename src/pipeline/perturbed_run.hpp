#pragma once
/// @file
/// A trained run with the corpus that it is asked about.

#include <biodta/cells/corpus.hpp>
#include <biodta/data/packed_batch.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/model/masked_language_model.hpp>

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// A model on the device, and the corpus as it reads it. Stays where it was made: parts refer to each other.
struct PerturbedRun {
  PerturbedRun() = default;
  PerturbedRun(const PerturbedRun&) = delete;
  PerturbedRun& operator=(const PerturbedRun&) = delete;

  std::filesystem::path folder;  ///< of the model: config.json, model.safetensors
  model::MaskedLanguageModel model{nullptr};
  const embedding::EmbeddingBank* bank = nullptr;  ///< nullptr for a table
  std::optional<data::TokenRows> rows;
  std::optional<data::BatchBuilder> cells;

  bool has_adapter() const { return bank != nullptr; }
};

/// The model's folder in a run folder, or the folder itself when it holds a model. Throws InputError, saying
/// what is missing, for a run without a finished model.
std::filesystem::path model_folder(const std::filesystem::path& run);

/// The file that holds a model's weights.
std::filesystem::path model_weights(const std::filesystem::path& folder);

/// Throws ConfigError for an adapter without a bank.
void require_bank(const embedding::EmbeddingBank* bank, const std::filesystem::path& run);

/// The tokens that the model has learned vectors of, as data::TokenRows asks for them.
std::vector<cells::TokenId> learned_tokens(const model::ModelConfig& config);

/// Loads a run for a corpus. Throws InputError when the run's vocabulary is another than the corpus's, and
/// when the bank is not one for its adapter (require_bank_of).
/// @param bank      nullptr where none is given: an adapter then is a ConfigError. Must outlive the run, as
/// the corpus.
/// @param bank_files  for messages.
/// @param contexts  [cells of the corpus] or empty = reference for all.
std::unique_ptr<PerturbedRun> load_run(const std::filesystem::path& run, const cells::Corpus& corpus,
                                       const embedding::EmbeddingBank* bank,
                                       const std::vector<std::filesystem::path>& bank_files,
                                       const std::vector<embedding::ContextIndex>& contexts,
                                       torch::Device device);

/// Throws ConfigError unless `shift.layer` is a layer of the model above the input embeddings: there no gene
/// knows of any other, so that none can move.
void require_layer(std::int64_t layer, const PerturbedRun& run);

}  // namespace biodta::pipeline
