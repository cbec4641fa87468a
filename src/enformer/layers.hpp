#pragma once
// The building blocks of the network. Their registered names make up enformer-pytorch's keys: "0", "2", "fn"
// are places in its nn.Sequential and Residual containers. Shape suffixes: see enformer.hpp; M = B·L rows.
//
// Activations of the convolutional part are [B, C, 1, L] in channels-last memory: a row of C channels a
// position, so that norms, pointwise convolutions and pools run over contiguous channels. `infer` is the same
// function for eval mode without gradients: it takes these rows as [B, L, C], and a stretch of a sequence
// as well as a whole one, so that the network can be run tile by tile (tiles.hpp).

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace biodta::enformer::layers {

/// Enformer's GELU is x·sigmoid(1.702x) = silu(1.702x)/1.702. The factor is moved into the affine map before
/// it and the weights after it wherever there are such, which leaves one fused kernel a pass.
inline constexpr double kGeluSlope = 1.702;
torch::Tensor enformer_gelu(const torch::Tensor& x);

/// Rows of zeros that a convolution must see beyond a stretch of rows: its reach where the stretch ends with
/// the sequence, 0 where the neighbouring rows are part of the stretch.
struct Zeros {
  std::int64_t before = 0;
  std::int64_t after = 0;
};

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

/// Computes in the type of its weights, float32 also where the network around it is bfloat16.
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
  /// The same of rows [M, C] by the running statistics, computed in the type of the weights, given in the
  /// input's.
  torch::Tensor infer(const torch::Tensor& x_MC, double scale);
  torch::Tensor weight, bias, running_mean, running_var, num_batches_tracked;
};
TORCH_MODULE(BatchNorm);

class ConvolutionImpl : public torch::nn::Module, public Initialisable {
 public:
  ConvolutionImpl(std::int64_t in, std::int64_t out, std::int64_t size);
  /// Same-length convolution with the weights times `scale`.
  torch::Tensor forward(const torch::Tensor& x_BC1L, double scale = 1.0);
  /// Only where the kernel fits: `size` − 1 rows fewer come out than go in. [B, L, C] contiguous.
  torch::Tensor infer(const torch::Tensor& x_BLC, double scale = 1.0);
  /// Positions on either side that an output depends on.
  std::int64_t reach() const { return weight.size(2) / 2; }
  std::int64_t channels() const { return weight.size(0); }
  void initialise(torch::Generator& random) override;
  /// An optimizer's fused step changes weights without a sign of it, so what is derived from them goes with
  /// every change of mode and every pass with gradients.
  void train(bool on = true) override;
  torch::Tensor weight, bias;

 private:
  /// [size, in, out]: a matrix a position of the kernel. Kept until the weights change.
  const torch::Tensor& taps();
  torch::Tensor taps_;
  const void* taps_of_ = nullptr;
  std::int64_t taps_version_ = 0;
};
TORCH_MODULE(Convolution);

/// Batch norm, GELU, convolution.
class ConvBlockImpl : public torch::nn::Module {
 public:
  ConvBlockImpl(std::int64_t in, std::int64_t out, std::int64_t size);
  torch::Tensor forward(const torch::Tensor& x_BC1L);
  torch::Tensor infer(const torch::Tensor& x_BLC, Zeros zeros);
  /// x + forward(x), size 1 only.
  torch::Tensor residual(const torch::Tensor& x_BC1L);
  /// The same, into x.
  void infer_residual(torch::Tensor& x_BLC);
  std::int64_t reach() const { return convolution_->reach(); }
  std::int64_t channels() const { return convolution_->channels(); }

 private:
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
  torch::Tensor infer(const torch::Tensor& x_BLC);
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
  void infer(torch::Tensor& x_BLC) { fn_->infer_residual(x_BLC); }

 private:
  ConvBlock fn_{nullptr};
};
TORCH_MODULE(PointwiseResidual);

/// A block that halves the length: a convolution, then what needs no neighbours, then the pool.
class Stage {
 public:
  virtual ~Stage() = default;
  /// Positions on either side of a pair that its pooled output depends on.
  virtual std::int64_t reach() const = 0;
  /// Channels of its output.
  virtual std::int64_t channels() const = 0;
  /// Pooled rows of a stretch that begins, after the zeros and the reach, with the first of a pair.
  virtual torch::Tensor infer(const torch::Tensor& x_BLC, Zeros zeros) = 0;
};

class StemImpl : public torch::nn::Module, public Stage {
 public:
  explicit StemImpl(std::int64_t channels);
  torch::Tensor forward(const torch::Tensor& one_hot_B41L);
  std::int64_t reach() const override { return convolution_->reach(); }
  std::int64_t channels() const override { return convolution_->channels(); }
  torch::Tensor infer(const torch::Tensor& one_hot_BL4, Zeros zeros) override;

 private:
  Convolution convolution_{nullptr};
  PointwiseResidual pointwise_{nullptr};
  AttentionPool pool_{nullptr};
};
TORCH_MODULE(Stem);

class TowerBlockImpl : public torch::nn::Module, public Stage {
 public:
  TowerBlockImpl(std::int64_t in, std::int64_t out);
  torch::Tensor forward(const torch::Tensor& x_BC1L);
  std::int64_t reach() const override { return convolution_->reach(); }
  std::int64_t channels() const override { return convolution_->channels(); }
  torch::Tensor infer(const torch::Tensor& x_BLC, Zeros zeros) override;

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
  torch::Tensor infer(const torch::Tensor& x_BND);

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
