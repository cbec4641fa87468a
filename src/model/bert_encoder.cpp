#include "recompute.hpp"

#include <biodta/model/bert_encoder.hpp>
#include <biodta/model/initial_weights.hpp>
#include <biodta/model/packed_attention.hpp>
#include <biodta/support/error.hpp>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <string>
#include <utility>

namespace biodta::model {
namespace {

constexpr std::int64_t kTokenTypes = 2;  // as in every BERT; only the first is used

/// Tokens that go through all layers together on the CPU, for each thread: at a hidden size of 256,
/// activations of some 12 MB.
constexpr std::int64_t kTokensInCache = 4096;

torch::nn::LayerNorm make_layer_norm(const BertConfig& config) {
  return torch::nn::LayerNorm(
      torch::nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_epsilon));
}

void initialise_norm(torch::nn::LayerNorm& norm) {
  const torch::NoGradGuard no_gradient;
  norm->weight.fill_(1.0);
  norm->bias.zero_();
}

torch::Tensor dropped(const torch::Tensor& x, double probability, bool training) {
  return training && probability > 0 ? at::dropout(x, probability, true) : x;
}

/// A module that only gives its children a name, as Hugging Face's nesting asks for.
std::shared_ptr<torch::nn::Module> folder() {
  return std::make_shared<torch::nn::Module>();
}

}  // namespace

BertEmbeddingsImpl::BertEmbeddingsImpl(const ModelConfig& config)
    : dropout_(config.bert.hidden_dropout),
      deviation_(config.bert.initializer_range),
      tokens_(make_token_embedder(config, *this)),
      position_embeddings_(register_module(
          "position_embeddings", torch::nn::Embedding(config.bert.max_positions, config.bert.hidden_size))),
      token_type_embeddings_(register_module("token_type_embeddings",
                                             torch::nn::Embedding(kTokenTypes, config.bert.hidden_size))),
      layer_norm_(register_module("LayerNorm", make_layer_norm(config.bert))) {}

torch::Tensor BertEmbeddingsImpl::forward(const PackedSequences& input) {
  std::int64_t longest = 0;
  for (const std::int64_t length : input.lengths) longest = std::max(longest, length);
  if (longest > position_embeddings_->weight.size(0)) {
    throw Error("a sequence of " + std::to_string(longest) + " tokens is longer than the model's " +
                std::to_string(position_embeddings_->weight.size(0)) + " positions");
  }
  // All tokens are of the first type: it is added to the positions, of which there are fewer.
  const auto position_PH = position_embeddings_->weight + token_type_embeddings_->weight[0];
  const auto x_TH = tokens_->forward(input) + at::embedding(position_PH, input.positions_T);
  return dropped(layer_norm_->forward(x_TH), dropout_, is_training());
}

void BertEmbeddingsImpl::initialise(std::uint64_t seed) {
  tokens_->initialise(seed);
  draw_normal(position_embeddings_->weight, seed, "position_embeddings.weight", deviation_);
  draw_normal(token_type_embeddings_->weight, seed, "token_type_embeddings.weight", deviation_);
  initialise_norm(layer_norm_);
}

BertLayerImpl::BertLayerImpl(const BertConfig& config) : config_(config) {
  const std::int64_t hidden = config.hidden_size;
  const auto attention = register_module("attention", folder());
  const auto self = attention->register_module("self", folder());
  query_ = self->register_module("query", torch::nn::Linear(hidden, hidden));
  key_ = self->register_module("key", torch::nn::Linear(hidden, hidden));
  value_ = self->register_module("value", torch::nn::Linear(hidden, hidden));
  const auto attention_output = attention->register_module("output", folder());
  attention_output_ = attention_output->register_module("dense", torch::nn::Linear(hidden, hidden));
  attention_norm_ = attention_output->register_module("LayerNorm", make_layer_norm(config));
  const auto intermediate = register_module("intermediate", folder());
  intermediate_ = intermediate->register_module("dense", torch::nn::Linear(hidden, config.intermediate_size));
  const auto output = register_module("output", folder());
  output_ = output->register_module("dense", torch::nn::Linear(config.intermediate_size, hidden));
  output_norm_ = output->register_module("LayerNorm", make_layer_norm(config));
}

bool BertLayerImpl::recomputes() const {
  return config_.recompute && is_training() && at::GradMode::is_enabled();
}

torch::Tensor BertLayerImpl::computed_again(
    const torch::Tensor& x_TH, std::function<torch::Tensor(BertLayerImpl&, const torch::Tensor&)> run) {
  auto self = std::static_pointer_cast<BertLayerImpl>(shared_from_this());  // lives as long as the graph
  return recomputed(
      [self = std::move(self), run = std::move(run)](const torch::Tensor& x) { return run(*self, x); }, x_TH,
      parameters());
}

torch::Tensor BertLayerImpl::forward(const torch::Tensor& x_TH, const SequenceLayout& layout) {
  if (!recomputes()) return compute(x_TH, layout);
  return computed_again(
      x_TH, [layout](BertLayerImpl& layer, const torch::Tensor& x) { return layer.compute(x, layout); });
}

torch::Tensor BertLayerImpl::forward_at(const torch::Tensor& x_TH, const SequenceLayout& layout,
                                        const QuerySelection& selection) {
  if (!recomputes()) return compute_at(x_TH, layout, selection);
  return computed_again(x_TH, [layout, selection](BertLayerImpl& layer, const torch::Tensor& x) {
    return layer.compute_at(x, layout, selection);
  });
}

torch::Tensor BertLayerImpl::compute(const torch::Tensor& x_TH, const SequenceLayout& layout) {
  const auto weight = at::cat({query_->weight, key_->weight, value_->weight});
  const auto bias = at::cat({query_->bias, key_->bias, value_->bias});
  const auto attended_TH =
      packed_attention(at::linear(x_TH, weight, bias), layout, config_.heads, attention_dropout());
  return after_attention(x_TH, attended_TH);
}

torch::Tensor BertLayerImpl::compute_at(const torch::Tensor& x_TH, const SequenceLayout& layout,
                                        const QuerySelection& selection) {
  const auto x_MH = at::embedding(x_TH, selection.index_M);
  const auto query_MH = query_->forward(x_MH);
  if (!attention_selects(query_MH, config_.heads))
    return at::embedding(compute(x_TH, layout), selection.index_M);
  const auto key_value_T2H =
      at::linear(x_TH, at::cat({key_->weight, value_->weight}), at::cat({key_->bias, value_->bias}));
  const auto attended_MH =
      packed_attention_at(query_MH, key_value_T2H, layout, selection, config_.heads, attention_dropout());
  return after_attention(x_MH, attended_MH);
}

torch::Tensor BertLayerImpl::after_attention(const torch::Tensor& x_TH, const torch::Tensor& attended_TH) {
  const auto projected =
      dropped(attention_output_->forward(attended_TH), config_.hidden_dropout, is_training());
  const auto middle = attention_norm_->forward(x_TH + projected);
  const auto fed = output_->forward(at::relu(intermediate_->forward(middle)));
  return output_norm_->forward(middle + dropped(fed, config_.hidden_dropout, is_training()));
}

void BertLayerImpl::initialise(std::uint64_t seed, const std::string& name) {
  for (const auto& parameter : named_parameters()) {
    if (parameter.key().ends_with("bias")) {
      const torch::NoGradGuard no_gradient;
      parameter.value().zero_();
    } else {
      draw_normal(parameter.value(), seed, name + "." + parameter.key(), config_.initializer_range);
    }
  }
  initialise_norm(attention_norm_);
  initialise_norm(output_norm_);
}

BertImpl::BertImpl(const ModelConfig& config)
    : embeddings_(register_module("embeddings", BertEmbeddings(config))) {
  const auto encoder = register_module("encoder", folder());
  layers_ = encoder->register_module("layer", torch::nn::ModuleList());
  for (std::int64_t i = 0; i < config.bert.layers; ++i) layers_->push_back(BertLayer(config.bert));
}

torch::Tensor BertImpl::run_layer(std::size_t number, const torch::Tensor& x_TH,
                                  const SequenceLayout& layout) {
  return layers_[number]->as<BertLayer>()->forward(x_TH, layout);
}

std::vector<torch::Tensor> BertImpl::hidden_states(const PackedSequences& input,
                                                   const std::vector<std::int64_t>& wanted) {
  if (wanted.empty()) return {};
  const auto layout = make_layout(input);
  const auto embedded_TH = embeddings_->forward(reorder(input, layout));
  const bool in_parts = embedded_TH.is_cpu() && c10::InferenceMode::is_enabled();
  const auto parts = in_parts ? split_layout(layout, kTokensInCache * at::get_num_threads())
                              : std::vector<LayoutPart>{{0, layout}};
  const auto in_batch_order = [&](const torch::Tensor& x_TH) {
    return layout.inverse_T.defined() ? gather_rows(x_TH, layout.inverse_T) : x_TH;
  };
  const std::int64_t last = *std::max_element(wanted.begin(), wanted.end());
  std::vector<std::vector<torch::Tensor>> outputs(wanted.size());
  for (const auto& part : parts) {
    auto x_TH = parts.size() == 1 ? embedded_TH : embedded_TH.narrow(0, part.first_token, part.layout.tokens);
    for (std::int64_t layer = 0; layer <= last; ++layer) {
      if (layer > 0) x_TH = run_layer(static_cast<std::size_t>(layer - 1), x_TH, part.layout);
      for (std::size_t i = 0; i < wanted.size(); ++i)
        if (wanted[i] == layer) outputs[i].push_back(parts.size() == 1 ? in_batch_order(x_TH) : x_TH);
    }
  }
  std::vector<torch::Tensor> states;
  states.reserve(outputs.size());
  for (const auto& output : outputs)
    states.push_back(output.size() == 1 ? output.front() : in_batch_order(at::cat(output)));
  return states;
}

torch::Tensor BertImpl::forward_at(const PackedSequences& ordered, const SequenceLayout& layout,
                                   const QuerySelection& selection) {
  const std::size_t last = layers_->size() - 1;
  auto x_TH = embeddings_->forward(ordered);
  for (std::size_t i = 0; i < last; ++i) x_TH = run_layer(i, x_TH, layout);
  return layers_[last]->as<BertLayer>()->forward_at(x_TH, layout, selection);
}

void BertImpl::initialise(std::uint64_t seed) {
  embeddings_->initialise(seed);
  for (std::size_t i = 0; i < layers_->size(); ++i) {
    layers_[i]->as<BertLayer>()->initialise(seed, "layer." + std::to_string(i));
  }
}

}  // namespace biodta::model
