#pragma once
/// @file
/// BERT's encoder over packed sequences (Devlin et al. 2019): post-layer-norm, learned positions, ReLU. Its
/// parameters have Hugging Face's names below `bert.`.

#include <biodta/model/config.hpp>
#include <biodta/model/packed_sequences.hpp>
#include <biodta/model/sequence_layout.hpp>
#include <biodta/model/token_embedder.hpp>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace biodta::model {

/// Token embedding + position + token type, layer norm, dropout: `bert.embeddings`.
class BertEmbeddingsImpl : public torch::nn::Module {
 public:
  explicit BertEmbeddingsImpl(const ModelConfig& config);
  /// @return [T, H]. Throws Error for a sequence longer than max_positions.
  torch::Tensor forward(const PackedSequences& input);
  void initialise(std::uint64_t seed);
  TokenEmbedder& tokens() noexcept { return *tokens_; }

 private:
  double dropout_;
  double deviation_;
  std::unique_ptr<TokenEmbedder> tokens_;
  torch::nn::Embedding position_embeddings_;
  torch::nn::Embedding token_type_embeddings_;
  torch::nn::LayerNorm layer_norm_;
};
TORCH_MODULE(BertEmbeddings);

/// One transformer layer: `bert.encoder.layer.N`. With BertConfig::recompute its activations are not kept in
/// training: then it must stay in train mode until the backward pass.
class BertLayerImpl : public torch::nn::Module {
 public:
  explicit BertLayerImpl(const BertConfig& config);
  /// [T, H] -> [T, H]
  torch::Tensor forward(const torch::Tensor& x_TH, const SequenceLayout& layout);
  /// The same at chosen tokens alone: only their queries, and what follows attention, are computed. [T, H] ->
  /// [M, H]
  torch::Tensor forward_at(const torch::Tensor& x_TH, const SequenceLayout& layout,
                           const QuerySelection& selection);
  /// @param name  the layer's own, from which each parameter's random stream is keyed.
  void initialise(std::uint64_t seed, const std::string& name);

 private:
  bool recomputes() const;
  /// run(*this, x), computed again in the backward pass.
  torch::Tensor computed_again(const torch::Tensor& x_TH,
                               std::function<torch::Tensor(BertLayerImpl&, const torch::Tensor&)> run);
  torch::Tensor compute(const torch::Tensor& x_TH, const SequenceLayout& layout);
  torch::Tensor compute_at(const torch::Tensor& x_TH, const SequenceLayout& layout,
                           const QuerySelection& selection);
  torch::Tensor after_attention(const torch::Tensor& x_TH, const torch::Tensor& attended_TH);
  double attention_dropout() const { return is_training() ? config_.attention_dropout : 0.0; }

  BertConfig config_;
  torch::nn::Linear query_{nullptr}, key_{nullptr}, value_{nullptr};
  torch::nn::Linear attention_output_{nullptr}, intermediate_{nullptr}, output_{nullptr};
  torch::nn::LayerNorm attention_norm_{nullptr}, output_norm_{nullptr};
};
TORCH_MODULE(BertLayer);

/// Embeddings and layers: `bert`.
class BertImpl : public torch::nn::Module {
 public:
  explicit BertImpl(const ModelConfig& config);
  /// Outputs of layers; none after the last that is wanted is run. On the CPU and in c10::InferenceMode, a
  /// few sequences go through all layers before the next: what they leave on their way stays in the cache.
  /// @param wanted  0 = embeddings, l = output of layer l; none beyond the layers that there are.
  /// @return as many, each [T, H] in the batch's own order.
  std::vector<torch::Tensor> hidden_states(const PackedSequences& input,
                                           const std::vector<std::int64_t>& wanted);
  /// All layers, the last one at chosen tokens alone: what a masked-LM loss needs. @return [M, H], as
  /// selected
  torch::Tensor forward_at(const PackedSequences& ordered, const SequenceLayout& layout,
                           const QuerySelection& selection);
  void initialise(std::uint64_t seed);
  TokenEmbedder& tokens() noexcept { return embeddings_->tokens(); }

 private:
  torch::Tensor run_layer(std::size_t number, const torch::Tensor& x_TH, const SequenceLayout& layout);

  BertEmbeddings embeddings_;
  torch::nn::ModuleList layers_;
};
TORCH_MODULE(Bert);

}  // namespace biodta::model
