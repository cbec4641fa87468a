#pragma once
/// @file
/// One layer's output for batches of cells. Internal to the room.

#include <biodta/data/packed_batch.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/model/masked_language_model.hpp>

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::analysis {

/// Cells in groups of near-equal length, longest first, each of at most `most` tokens (or a single cell).
/// Cells without a token are in none.
std::vector<std::vector<std::uint32_t>> pack_by_length(const data::BatchBuilder& builder,
                                                       std::span<const std::uint32_t> cells,
                                                       std::int64_t most);

/// The model and the bank's values on the device, and one way to run a batch through them.
class LayerRunner {
 public:
  /// Throws ConfigError for a layer that the model does not have.
  /// @param bank  nullptr for a model without one.
  LayerRunner(model::MaskedLanguageModel& model, torch::Device device, const embedding::EmbeddingBank* bank,
              std::int64_t layer);

  /// What the model reads. @param extra  more rows after the batch's own, one after the other.
  model::PackedSequences input(const data::PackedBatch& batch, std::span<const float> extra = {}) const;
  /// Hidden states [T, H].
  torch::Tensor run(const data::PackedBatch& batch, std::span<const float> extra = {});
  torch::Device device() const { return device_; }
  /// Tokens run over so far.
  std::uint64_t tokens_run() const noexcept { return tokens_run_; }

 private:
  model::MaskedLanguageModel model_;  // shared with the caller
  torch::Device device_;
  std::int64_t layer_;
  torch::Tensor values_;
  std::uint64_t tokens_run_ = 0;
};

}  // namespace biodta::analysis
