#include "layers.hpp"

#include <c10/core/InferenceMode.h>

#include <cmath>
#include <memory>
#include <string>

namespace biodta::enformer::layers {
namespace {

torch::Tensor fused_silu(torch::Tensor x) {
  return torch::GradMode::is_enabled() ? torch::silu(x) : torch::silu_(x);
}

/// PyTorch's default of Linear and Conv: uniform within 1/sqrt(fan in), weight and bias alike.
void draw_uniform(torch::Tensor& weight, torch::Tensor& bias, torch::Generator& random) {
  const torch::NoGradGuard no_grad;
  const auto fan_in = static_cast<double>(weight.numel() / weight.size(0));
  const double bound = 1.0 / std::sqrt(fan_in);
  weight.uniform_(-bound, bound, random);
  if (bias.defined()) bias.uniform_(-bound, bound, random);
}

}  // namespace

constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;

torch::Tensor to_rows(const torch::Tensor& x_BC1L) {
  return x_BC1L.squeeze(2).transpose(1, 2);
}
torch::Tensor to_channels(const torch::Tensor& x_BLC) {
  return x_BLC.transpose(1, 2).unsqueeze(2);
}

torch::Tensor enformer_gelu(const torch::Tensor& x) {
  return fused_silu(x * kGeluSlope) / kGeluSlope;
}

LinearImpl::LinearImpl(std::int64_t in, std::int64_t out, bool with_bias, bool starts_at_zero)
    : starts_at_zero_(starts_at_zero) {
  weight = register_parameter("weight", torch::zeros({out, in}));
  if (with_bias) bias = register_parameter("bias", torch::zeros({out}));
}
torch::Tensor LinearImpl::forward(const torch::Tensor& x) {
  return torch::linear(x, weight, bias);
}
void LinearImpl::initialise(torch::Generator& random) {
  if (!starts_at_zero_) return draw_uniform(weight, bias, random);
  const torch::NoGradGuard no_grad;
  weight.zero_();
  if (bias.defined()) bias.zero_();
}

LayerNormImpl::LayerNormImpl(std::int64_t width) {
  weight = register_parameter("weight", torch::ones({width}));
  bias = register_parameter("bias", torch::zeros({width}));
}
torch::Tensor LayerNormImpl::forward(const torch::Tensor& x) {
  return torch::layer_norm(x.to(weight.scalar_type()), {weight.size(0)}, weight, bias, 1e-5)
      .to(x.scalar_type());
}

BatchNormImpl::BatchNormImpl(std::int64_t channels) {
  weight = register_parameter("weight", torch::ones({channels}));
  bias = register_parameter("bias", torch::zeros({channels}));
  running_mean = register_buffer("running_mean", torch::zeros({channels}));
  running_var = register_buffer("running_var", torch::ones({channels}));
  num_batches_tracked = register_buffer("num_batches_tracked", torch::zeros({}, torch::kInt64));
}
torch::Tensor BatchNormImpl::forward(const torch::Tensor& x_BC1L, double scale) {
  if (is_training()) num_batches_tracked.add_(1);
  return torch::batch_norm(x_BC1L, weight * scale, bias * scale, running_mean, running_var, is_training(),
                           kMomentum, kEpsilon, /*cudnn_enabled=*/true);
}
torch::Tensor BatchNormImpl::infer(const torch::Tensor& x_MC, double scale) {
  return torch::batch_norm(x_MC.to(weight.scalar_type()), weight * scale, bias * scale, running_mean,
                           running_var, /*training=*/false, kMomentum, kEpsilon, /*cudnn_enabled=*/true)
      .to(x_MC.scalar_type());
}

ConvolutionImpl::ConvolutionImpl(std::int64_t in, std::int64_t out, std::int64_t size) {
  weight = register_parameter("weight", torch::zeros({out, in, size}));
  bias = register_parameter("bias", torch::zeros({out}));
}
torch::Tensor ConvolutionImpl::forward(const torch::Tensor& x_BC1L, double scale) {
  if (torch::GradMode::is_enabled()) taps_.reset();
  const auto size = weight.size(2);
  const auto scaled = scale == 1.0 ? weight : weight * scale;
  return torch::conv2d(x_BC1L.contiguous(torch::MemoryFormat::ChannelsLast), scaled.unsqueeze(2), bias,
                       /*stride=*/1, /*padding=*/torch::IntArrayRef{0, size / 2});
}
void ConvolutionImpl::train(bool on) {
  taps_.reset();
  torch::nn::Module::train(on);
}
const torch::Tensor& ConvolutionImpl::taps() {
  // Inference tensors have no version, and never change.
  const std::int64_t version = weight.is_inference() ? 0 : static_cast<std::int64_t>(weight._version());
  if (!taps_.defined() || taps_of_ != weight.const_data_ptr() || taps_version_ != version) {
    const c10::InferenceMode usable_anywhere(false);
    taps_ = weight.detach().permute({2, 1, 0}).contiguous();
    taps_of_ = weight.const_data_ptr();
    taps_version_ = version;
  }
  return taps_;
}
torch::Tensor ConvolutionImpl::infer(const torch::Tensor& x_BLC, double scale) {
  const auto size = weight.size(2), in = weight.size(1), out = weight.size(0);
  const auto batch = x_BLC.size(0), length = x_BLC.size(1) - size + 1;
  if (size == 1)
    return torch::addmm(bias, x_BLC.flatten(0, 1), weight.squeeze(2).t(), 1, scale)
        .view({batch, length, out});
  // Rows of few channels: those under the kernel side by side, as one matrix.
  constexpr std::int64_t kFewChannels = 16;
  if (in <= kFewChannels) {
    const auto patches = x_BLC.as_strided({batch, length, size * in}, {x_BLC.size(1) * in, in, 1});
    return torch::addmm(bias, patches.reshape({-1, size * in}), taps().view({size * in, out}), 1, scale)
        .view({batch, length, out});
  }
  // A product for each position of the kernel, of all windows as one sequence: the rows that straddle two
  // windows are computed in vain.
  const auto rows_MC = x_BLC.flatten(0, 1);
  const auto rows = rows_MC.size(0) - size + 1;
  auto all_MO = torch::empty({batch * x_BLC.size(1), out}, x_BLC.options());
  auto out_MO = all_MO.narrow(0, 0, rows);
  torch::addmm_out(out_MO, bias, rows_MC.narrow(0, 0, rows), taps()[0], 1, scale);
  for (std::int64_t tap = 1; tap < size; ++tap)
    out_MO.addmm_(rows_MC.narrow(0, tap, rows), taps()[tap], 1, scale);
  return all_MO.view({batch, -1, out}).narrow(1, 0, length).contiguous();
}
void ConvolutionImpl::initialise(torch::Generator& random) {
  draw_uniform(weight, bias, random);
}

ConvBlockImpl::ConvBlockImpl(std::int64_t in, std::int64_t out, std::int64_t size) {
  norm_ = register_module("0", BatchNorm(in));
  convolution_ = register_module("2", Convolution(in, out, size));
}
torch::Tensor ConvBlockImpl::forward(const torch::Tensor& x_BC1L) {
  return convolution_->forward(fused_silu(norm_->forward(x_BC1L, kGeluSlope)), 1.0 / kGeluSlope);
}
torch::Tensor ConvBlockImpl::infer(const torch::Tensor& x_BLC, Zeros zeros) {
  auto h_BLC = fused_silu(norm_->infer(x_BLC.reshape({-1, x_BLC.size(2)}), kGeluSlope)).view(x_BLC.sizes());
  if (zeros.before + zeros.after > 0)
    h_BLC = torch::constant_pad_nd(h_BLC, {0, 0, zeros.before, zeros.after});
  return convolution_->infer(h_BLC, 1.0 / kGeluSlope);
}
torch::Tensor ConvBlockImpl::residual(const torch::Tensor& x_BC1L) {
  const auto h_MC = to_rows(fused_silu(norm_->forward(x_BC1L, kGeluSlope))).flatten(0, 1);
  const auto weight_CC = (convolution_->weight.squeeze(2) / kGeluSlope).t();
  const auto x_BLC = to_rows(x_BC1L);
  const auto x_MC = x_BLC.flatten(0, 1);
  return to_channels(torch::addmm(x_MC + convolution_->bias, h_MC, weight_CC).view_as(x_BLC));
}
void ConvBlockImpl::infer_residual(torch::Tensor& x_BLC) {
  auto x_MC = x_BLC.view({-1, x_BLC.size(2)});
  const auto h_MC = fused_silu(norm_->infer(x_MC, kGeluSlope));
  x_MC.add_(convolution_->bias).addmm_(h_MC, convolution_->weight.squeeze(2).t(), 1, 1.0 / kGeluSlope);
}

/// Holds the weight under enformer-pytorch's name and Conv2d shape.
struct AttentionPoolImpl::Logits : torch::nn::Module {
  explicit Logits(std::int64_t channels) {
    weight = register_parameter("weight", torch::zeros({channels, channels, 1, 1}));
  }
  torch::Tensor weight;
};

AttentionPoolImpl::AttentionPoolImpl(std::int64_t channels) {
  to_attn_logits_ = register_module("to_attn_logits", std::make_shared<Logits>(channels));
}
void AttentionPoolImpl::initialise(torch::Generator& /*random*/) {
  const torch::NoGradGuard no_grad;
  auto& weight = to_attn_logits_->weight;
  weight.copy_(2.0 * torch::eye(weight.size(0), weight.options()).unsqueeze(2).unsqueeze(3));
}
torch::Tensor AttentionPoolImpl::forward(const torch::Tensor& x_BC1L) {
  return to_channels(infer(to_rows(x_BC1L)));
}
torch::Tensor AttentionPoolImpl::infer(const torch::Tensor& x_BLC) {
  const auto batch = x_BLC.size(0), length = x_BLC.size(1), channels = x_BLC.size(2), pairs = length / 2;
  const auto pairs_BN2C = x_BLC.narrow(1, 0, 2 * pairs).reshape({batch, pairs, 2, channels});
  const auto second = pairs_BN2C.select(2, 1);
  const auto difference = pairs_BN2C.select(2, 0) - second;
  const auto logits = torch::linear(difference, to_attn_logits_->weight.view({channels, channels}));
  auto pooled_BLC = torch::addcmul(second, torch::sigmoid(logits), difference);
  // A last position without a neighbour has weight 1 (enformer-pytorch pads with zeros and masks them).
  if (length % 2 == 1) pooled_BLC = torch::cat({pooled_BLC, x_BLC.narrow(1, length - 1, 1)}, 1);
  return pooled_BLC;
}

PointwiseResidualImpl::PointwiseResidualImpl(std::int64_t channels) {
  fn_ = register_module("fn", ConvBlock(channels, channels, 1));
}

StemImpl::StemImpl(std::int64_t channels) {
  convolution_ = register_module("0", Convolution(4, channels, 15));
  pointwise_ = register_module("1", PointwiseResidual(channels));
  pool_ = register_module("2", AttentionPool(channels));
}
torch::Tensor StemImpl::forward(const torch::Tensor& one_hot_B41L) {
  return pool_->forward(pointwise_->forward(convolution_->forward(one_hot_B41L)));
}

torch::Tensor StemImpl::infer(const torch::Tensor& one_hot_BL4, Zeros zeros) {
  auto x_BLC = convolution_->infer(
      torch::constant_pad_nd(one_hot_BL4, {0, 0, zeros.before, zeros.after}).contiguous());
  pointwise_->infer(x_BLC);
  return pool_->infer(x_BLC);
}

TowerBlockImpl::TowerBlockImpl(std::int64_t in, std::int64_t out) {
  convolution_ = register_module("0", ConvBlock(in, out, 5));
  pointwise_ = register_module("1", PointwiseResidual(out));
  pool_ = register_module("2", AttentionPool(out));
}
torch::Tensor TowerBlockImpl::forward(const torch::Tensor& x_BC1L) {
  return pool_->forward(pointwise_->forward(convolution_->forward(x_BC1L)));
}

torch::Tensor TowerBlockImpl::infer(const torch::Tensor& x_BLC, Zeros zeros) {
  auto h_BLC = convolution_->infer(x_BLC, zeros);
  pointwise_->infer(h_BLC);
  return pool_->infer(h_BLC);
}

FinalPointwiseImpl::FinalPointwiseImpl(std::int64_t in, std::int64_t out, double dropout)
    : dropout_(dropout) {
  block_ = register_module("1", ConvBlock(in, out, 1));
}
torch::Tensor FinalPointwiseImpl::forward(const torch::Tensor& x_BND) {
  const auto x_BNE = to_rows(block_->forward(to_channels(x_BND.contiguous())));
  return enformer_gelu(torch::dropout(x_BNE, dropout_, is_training()));
}

torch::Tensor FinalPointwiseImpl::infer(const torch::Tensor& x_BND) {
  return enformer_gelu(block_->infer(x_BND, {}));
}

HeadImpl::HeadImpl(std::int64_t in, std::int64_t tracks) {
  linear_ = register_module("0", Linear(in, tracks, /*with_bias=*/true));
}
torch::Tensor HeadImpl::forward(const torch::Tensor& x_BNE) {
  return torch::softplus(linear_->forward(x_BNE));
}

}  // namespace biodta::enformer::layers
