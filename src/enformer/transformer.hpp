#pragma once
// The attention part of the network, over [B, N, D]; names as in layers.hpp.

#include "layers.hpp"

#include <biodta/enformer/bin_rows.hpp>
#include <biodta/enformer/config.hpp>
#include <biodta/enformer/interval.hpp>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace biodta::enformer::layers {

/// out[…, i, j] = logits[…, i, j − i + Q − 1]: from one column a distance to one column a key, for Q queries
/// that follow each other and N keys. A view.
/// @param logits_BHQP  contiguous, P = N + Q − 1: from the distance of the last query and the first key to
/// that
///                     of the first query and the last key.
torch::Tensor relative_shift(const torch::Tensor& logits_BHQP);

/// Multi-head attention whose logits add a content term and a relative-position term, each with its own query
/// bias.
class AttentionImpl : public torch::nn::Module, public Initialisable {
 public:
  explicit AttentionImpl(const EnformerConfig& config);
  /// @param basis_PF  positional_basis(N, F).
  torch::Tensor forward(const torch::Tensor& x_BND, const torch::Tensor& basis_PF);
  /// x with its queries (scaled), keys and values.
  BinRows project(const torch::Tensor& x_BND);
  /// Rows `kept` of forward(x) in eval mode: a block of queries at a time, with the distances that the block
  /// can have, so that no matrix of all queries and keys exists.
  /// @param projected  project(x).
  torch::Tensor infer(const BinRows& projected, const torch::Tensor& basis_PF, Interval kept);
  void initialise(torch::Generator& random) override;

 private:
  std::int64_t heads_;
  std::int64_t key_size_;
  double attention_dropout_;
  double position_dropout_;
  Linear to_q_{nullptr}, to_k_{nullptr}, to_v_{nullptr}, to_out_{nullptr}, to_rel_k_{nullptr};
  torch::Tensor rel_content_bias_, rel_pos_bias_;
};
TORCH_MODULE(Attention);

/// Pre-norm attention and feed-forward, each with a residual.
class TransformerBlockImpl : public torch::nn::Module {
 public:
  explicit TransformerBlockImpl(const EnformerConfig& config);
  torch::Tensor forward(const torch::Tensor& x_BND, const torch::Tensor& basis_PF);
  /// x, and the queries, keys and values of its norm.
  BinRows project(const torch::Tensor& x_BND);
  /// Rows `kept` of forward(x) in eval mode.
  /// @param rows  project(x).
  torch::Tensor infer(const BinRows& rows, const torch::Tensor& basis_PF, Interval kept);

 private:
  double dropout_;
  LayerNorm attention_norm_{nullptr}, feed_forward_norm_{nullptr};
  Attention attention_{nullptr};
  Linear expand_{nullptr}, contract_{nullptr};
};
TORCH_MODULE(TransformerBlock);

}  // namespace biodta::enformer::layers
