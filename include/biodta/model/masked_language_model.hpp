#pragma once
/// @file
/// The whole model: token embedder, BERT encoder, masked-LM head. Names of parameters are Hugging Face's
/// (`bert.embeddings.…`, `bert.encoder.layer.N.…`, `cls.predictions.…`).

#include <biodta/model/config.hpp>
#include <biodta/model/packed_sequences.hpp>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace biodta::model {

class AdapterEmbedder;

/// A result never depends on who shares the batch (to rounding). Not thread-safe.
class MaskedLanguageModelImpl : public torch::nn::Module {
 public:
  explicit MaskedLanguageModelImpl(const ModelConfig& config);
  ~MaskedLanguageModelImpl() override;

  /// Draws the initial weights from a seed, on the CPU, the same everywhere.
  void initialise(std::uint64_t seed);
  /// Computes and keeps the fixed input map (a buffer) from the reference rows [genes, E] float32. Adapter
  /// only.
  void fit_input_map(const torch::Tensor& reference_rows_GE);

  /// Gives the rows that a decoder against adapter outputs scores: needed before forward() and score() where
  /// ModelConfig::decoder is kAdapter, an Error elsewhere. Not saved with the model, and to be given again
  /// after the model went to another device. Other rows may be given at any time.
  /// Pad, mask and learned tokens are scored by their own vectors; tokens with neither vector nor row by
  /// their bias alone. There may be more tokens than the vocabulary has: those that training never knew have
  /// no bias.
  /// @param row_V    int64 index into rows_UE, -1 for tokens without a row
  /// @param rows_UE  float32 rows as they stand in the bank; not copied where they lie on the model's device
  void set_vocabulary_rows(const torch::Tensor& row_V, const torch::Tensor& rows_UE);

  /// Logits over the vocabulary at chosen positions only: [M, V].
  /// @param masked_M  int64 index into the T tokens, each at most once, in any order.
  torch::Tensor forward(const PackedSequences& input, const torch::Tensor& masked_M);
  /// Contextual embeddings: entry 0 is the embedding layer's output, entry l the output of layer l; each [T,
  /// H].
  /// @param layers  which entries to keep (0 … layers, or negative: -1 = last, -2 = penultimate); the encoder
  /// stops after the last needed.
  std::vector<torch::Tensor> hidden_states(const PackedSequences& input,
                                           const std::vector<std::int64_t>& layers);
  /// Input embedding of rows after the fixed map and the adapter, [U, H]: a gene's token embedding before
  /// position and layer norm. Adapter only.
  torch::Tensor adapt(const torch::Tensor& rows_UE);
  /// Rows as the adapter reads them, after the fixed map: [U, E]. Distances between genes are meant in this
  /// space. Adapter only.
  torch::Tensor map_rows(const torch::Tensor& rows_UE);
  /// Decoder logits of given last-layer embeddings [M, H] -> [M, V]. Throws Error where the vocabulary's rows
  /// are needed and were not given.
  torch::Tensor score(const torch::Tensor& hidden_MH);

  const ModelConfig& config() const noexcept { return config_; }

 private:
  struct Parts;
  AdapterEmbedder& adapter();

  ModelConfig config_;
  std::unique_ptr<Parts> parts_;
};
TORCH_MODULE(MaskedLanguageModel);

/// Writes config.json and model.safetensors into an existing folder.
void save_model(const MaskedLanguageModel& model, const std::filesystem::path& folder);
/// The weights in a folder: model.safetensors, else pytorch_model.bin. Throws InputError when there is
/// neither.
std::filesystem::path weights_file(const std::filesystem::path& folder);
/// Reads what save_model wrote, in eval mode on the CPU; also a Hugging Face BertForMaskedLM of the same kind
/// (ReLU, absolute positions), which becomes a model with a table. Throws InputError.
MaskedLanguageModel load_model(const std::filesystem::path& folder);

}  // namespace biodta::model
