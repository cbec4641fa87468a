#pragma once
// The building blocks of the network. Their registered names make up enformer-pytorch's keys: "0", "2", "fn"
// are places in its nn.Sequential and Residual containers. Shape suffixes: see enformer.hpp; M = B·L rows.
//
// Activations of the convolutional part are [B, C, 1, L] in channels-last memory: a row of C channels a
// position, so that norms, pointwise convolutions and pools run over contiguous channels.

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace biodta::enformer::layers {

/// Enformer's GELU is x·sigmoid(1.702x) = silu(1.702x)/1.702. The factor is moved into the affine map before
/// it and the weights after it wherever there are such, which leaves one fused kernel a pass.
inline constexpr double kGeluSlope = 1.702;
torch::Tensor enformer_gelu(const torch::Tensor& x);

/// A layer that draws its own initial weights.
class Initialisable {
 public:
  virtual ~Initialisable() = default;
  virtual void initialise(torch::Generator& random) = 0;
};

class LinearImpl : public torch::nn::Module, public Initialisable {
 public:
  LinearImpl(std::int64_t in, std::int64_t out, bool with_bias, bool starts_at_zero = false);
  torch::Tensor forward(const torch::Tensor& x);
  void initialise(torch::Generator& random) override;
  torch::Tensor weight, bias;

 private:
  bool starts_at_zero_;
};
TORCH_MODULE(Linear);

class LayerNormImpl : public torch::nn::Module {
 public:
  explicit LayerNormImpl(std::int64_t width);
  torch::Tensor forward(const torch::Tensor& x);
  torch::Tensor weight, bias;
};
TORCH_MODULE(LayerNorm);

class BatchNormImpl : public torch::nn::Module {
 public:
  explicit BatchNormImpl(std::int64_t channels);
  /// `scale` times the normalised input.
  torch::Tensor forward(const torch::Tensor& x_BC1L, double scale);
  torch::Tensor weight, bias, running_mean, running_var, num_batches_tracked;
};
TORCH_MODULE(BatchNorm);

class ConvolutionImpl : public torch::nn::Module, public Initialisable {
 public:
  ConvolutionImpl(std::int64_t in, std::int64_t out, std::int64_t size);
  /// Same-length convolution with the weights times `scale`.
  torch::Tensor forward(const torch::Tensor& x_BC1L, double scale = 1.0);
  void initialise(torch::Generator& random) override;
  torch::Tensor weight, bias;
};
TORCH_MODULE(Convolution);

/// Batch norm, GELU, convolution.
class ConvBlockImpl : public torch::nn::Module {
 public:
  ConvBlockImpl(std::int64_t in, std::int64_t out, std::int64_t size);
  torch::Tensor forward(const torch::Tensor& x_BC1L);
  /// x + forward(x), size 1 only. Without gradients, x is overwritten.
  torch::Tensor residual(const torch::Tensor& x_BC1L);

 private:
  torch::Tensor activate(const torch::Tensor& x_BC1L);
  BatchNorm norm_{nullptr};
  Convolution convolution_{nullptr};
};
TORCH_MODULE(ConvBlock);

/// Halves the length: a weighted sum of neighbours, the weights a softmax over the two of a channel-mixing
/// map. With two entries the softmax is the sigmoid of their difference, so one map of the difference
/// suffices.
class AttentionPoolImpl : public torch::nn::Module, public Initialisable {
 public:
  explicit AttentionPoolImpl(std::int64_t channels);
  torch::Tensor forward(const torch::Tensor& x_BC1L);
  void initialise(torch::Generator& random) override;

 private:
  struct Logits;
  std::shared_ptr<Logits> to_attn_logits_;
};
TORCH_MODULE(AttentionPool);

/// Residual wrapper: only a name.
class PointwiseResidualImpl : public torch::nn::Module {
 public:
  explicit PointwiseResidualImpl(std::int64_t channels);
  torch::Tensor forward(const torch::Tensor& x_BC1L) { return fn_->residual(x_BC1L); }

 private:
  ConvBlock fn_{nullptr};
};
TORCH_MODULE(PointwiseResidual);

class StemImpl : public torch::nn::Module {
 public:
  explicit StemImpl(std::int64_t channels);
  torch::Tensor forward(const torch::Tensor& one_hot_B41L);

 private:
  Convolution convolution_{nullptr};
  PointwiseResidual pointwise_{nullptr};
  AttentionPool pool_{nullptr};
};
TORCH_MODULE(Stem);

class TowerBlockImpl : public torch::nn::Module {
 public:
  TowerBlockImpl(std::int64_t in, std::int64_t out);
  torch::Tensor forward(const torch::Tensor& x_BC1L);

 private:
  ConvBlock convolution_{nullptr};
  PointwiseResidual pointwise_{nullptr};
  AttentionPool pool_{nullptr};
};
TORCH_MODULE(TowerBlock);

/// Batch norm, GELU, pointwise convolution, dropout, GELU: the last layer before the heads.
class FinalPointwiseImpl : public torch::nn::Module {
 public:
  FinalPointwiseImpl(std::int64_t in, std::int64_t out, double dropout);
  torch::Tensor forward(const torch::Tensor& x_BND);

 private:
  double dropout_;
  ConvBlock block_{nullptr};
};
TORCH_MODULE(FinalPointwise);

/// Linear and softplus.
class HeadImpl : public torch::nn::Module {
 public:
  HeadImpl(std::int64_t in, std::int64_t tracks);
  torch::Tensor forward(const torch::Tensor& x_BNE);

 private:
  Linear linear_{nullptr};
};
TORCH_MODULE(Head);

/// [B, C, 1, L] channels-last and [B, L, C] are the same memory.
torch::Tensor to_rows(const torch::Tensor& x_BC1L);
torch::Tensor to_channels(const torch::Tensor& x_BLC);

}  // namespace biodta::enformer::layers
