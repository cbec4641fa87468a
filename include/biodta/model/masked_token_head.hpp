#pragma once
/// @file
/// The masked-LM head: from a contextual embedding to logits over the vocabulary. Hugging Face's `cls`.

#include <biodta/model/config.hpp>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

namespace biodta::model {

/// decoder(LayerNorm(ReLU(dense(h)))) + bias, or decoder(h) + bias where ModelConfig::head_transform is off;
/// `cls.predictions.{transform.{dense,LayerNorm},decoder,bias}`.
class MaskedTokenHeadImpl : public torch::nn::Module {
 public:
  explicit MaskedTokenHeadImpl(const ModelConfig& config);
  /// @param hidden_MH  last-layer embeddings
  /// @param table_VH   a vector a token, for a decoder that shares them with the input; undefined (and
  /// unused) for one
  ///                   of its own. Rows beyond the model's vocabulary have no bias.
  /// @return [M, V]
  torch::Tensor forward(const torch::Tensor& hidden_MH, const torch::Tensor& table_VH);
  void initialise(std::uint64_t seed);

 private:
  double deviation_;
  torch::nn::Linear dense_{nullptr};  // null, as the norm, without head_transform
  torch::nn::LayerNorm layer_norm_{nullptr};
  torch::nn::Linear decoder_{nullptr};  // null when shared
  torch::Tensor bias_V_;
};
TORCH_MODULE(MaskedTokenHead);

}  // namespace biodta::model
