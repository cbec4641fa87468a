#include <biodta/model/initial_weights.hpp>
#include <biodta/model/masked_token_head.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>

namespace biodta::model {

MaskedTokenHeadImpl::MaskedTokenHeadImpl(const ModelConfig& config)
    : deviation_(config.bert.initializer_range) {
  const std::int64_t hidden = config.bert.hidden_size;
  const auto predictions = register_module("predictions", std::make_shared<torch::nn::Module>());
  if (config.head_transform) {
    const auto transform = predictions->register_module("transform", std::make_shared<torch::nn::Module>());
    dense_ = transform->register_module("dense", torch::nn::Linear(hidden, hidden));
    layer_norm_ = transform->register_module(
        "LayerNorm",
        torch::nn::LayerNorm(torch::nn::LayerNormOptions({hidden}).eps(config.bert.layer_norm_epsilon)));
  }
  if (config.decoder == Decoder::kOwn) {
    decoder_ = predictions->register_module(
        "decoder", torch::nn::Linear(torch::nn::LinearOptions(hidden, config.vocabulary_size).bias(false)));
  }
  bias_V_ = predictions->register_parameter("bias", at::zeros({config.vocabulary_size}));
}

torch::Tensor MaskedTokenHeadImpl::forward(const torch::Tensor& hidden_MH, const torch::Tensor& table_VH) {
  const auto transformed_MH =
      dense_.is_empty() ? hidden_MH : layer_norm_->forward(at::relu(dense_->forward(hidden_MH)));
  if (!decoder_.is_empty()) return at::linear(transformed_MH, decoder_->weight, bias_V_);
  const std::int64_t unknown = table_VH.size(0) - bias_V_.size(0);
  return at::linear(transformed_MH, table_VH,
                    unknown > 0 ? at::cat({bias_V_, at::zeros({unknown}, bias_V_.options())}) : bias_V_);
}

void MaskedTokenHeadImpl::initialise(std::uint64_t seed) {
  if (!dense_.is_empty()) draw_normal(dense_->weight, seed, "transform.dense.weight", deviation_);
  if (!decoder_.is_empty()) draw_normal(decoder_->weight, seed, "decoder.weight", deviation_);
  const torch::NoGradGuard no_gradient;
  if (!dense_.is_empty()) {
    dense_->bias.zero_();
    layer_norm_->weight.fill_(1.0);
    layer_norm_->bias.zero_();
  }
  bias_V_.zero_();
}

}  // namespace biodta::model
