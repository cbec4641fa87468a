#include <biodta/model/initial_weights.hpp>
#include <biodta/model/token_embedder.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <string>
#include <vector>

namespace biodta::model {
namespace {

/// Tokens that no bank knows: pad and mask.
constexpr std::int64_t kSpecials = 2;

/// BERT never learns from padding: its row starts, and stays, at zero.
void draw_table(const torch::Tensor& table_VH, std::uint64_t seed, const char* name, double deviation) {
  draw_normal(table_VH, seed, name, deviation);
  const torch::NoGradGuard no_gradient;
  table_VH[0].zero_();
}

torch::Tensor activated(const torch::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kSoftplus:
      return at::softplus(x);
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kNone:
      return x;
  }
  throw Error("unknown activation");
}

std::vector<std::int64_t> parts_of(const ModelConfig& config) {
  return config.row_parts.empty() ? std::vector{config.row_size} : config.row_parts;
}

/// Weight and bias of a linear layer; deviation 0 = 1/sqrt(inputs).
void draw_linear(torch::nn::Linear& layer, std::uint64_t seed, const std::string& name, double deviation) {
  const auto inputs = static_cast<double>(layer->weight.size(1));
  draw_normal(layer->weight, seed, name + ".weight", deviation > 0 ? deviation : 1.0 / std::sqrt(inputs));
  const torch::NoGradGuard no_gradient;
  layer->bias.zero_();
}

}  // namespace

TableEmbedder::TableEmbedder(const ModelConfig& config, torch::nn::Module& owner)
    : deviation_(config.embedding.table_initializer_range),
      word_embeddings_(owner.register_module(
          "word_embeddings", torch::nn::Embedding(config.vocabulary_size, config.bert.hidden_size))) {}

torch::Tensor TableEmbedder::forward(const PackedSequences& input) {
  return at::embedding(word_embeddings_->weight, input.tokens_T);
}

void TableEmbedder::initialise(std::uint64_t seed) {
  draw_table(word_embeddings_->weight, seed, "word_embeddings.weight", deviation_);
}

Adapter::Adapter(const EmbedderConfig& config, std::int64_t row_size, std::int64_t hidden_size,
                 const std::string& suffix, torch::nn::Module& owner)
    : suffix_(suffix),
      deviation_(config.adapter_initializer_range),
      activation_(config.activation),
      input_map_(owner.register_module("input_map" + suffix,
                                       InputMapLayer(config.input_map, row_size, config.shrinkage))),
      last_(owner.register_module(
          "adapter" + suffix,
          torch::nn::Linear(config.hidden_size > 0 ? config.hidden_size : row_size, hidden_size))) {
  if (config.hidden_size > 0) {
    hidden_ =
        owner.register_module("adapter_hidden" + suffix, torch::nn::Linear(row_size, config.hidden_size));
  }
}

torch::Tensor Adapter::forward(const torch::Tensor& rows_UE) {
  const auto& first = hidden_.is_empty() ? last_ : hidden_;
  const auto first_U = activated(input_map_->linear(rows_UE, first->weight, first->bias), activation_);
  return hidden_.is_empty() ? first_U : activated(last_->forward(first_U), activation_);
}

void Adapter::initialise(std::uint64_t seed) {
  if (!hidden_.is_empty()) draw_linear(hidden_, seed, "adapter_hidden" + suffix_, deviation_);
  draw_linear(last_, seed, "adapter" + suffix_, deviation_);
}

AdapterEmbedder::AdapterEmbedder(const ModelConfig& config, torch::nn::Module& owner)
    : special_deviation_(config.bert.initializer_range),
      learned_deviation_(config.embedding.table_initializer_range),
      row_size_(config.row_size),
      parts_(parts_of(config)),
      special_embeddings_(owner.register_module("special_embeddings",
                                                torch::nn::Embedding(kSpecials, config.bert.hidden_size))) {
  for (const auto part : parts_) {
    const auto suffix = adapters_.empty() ? std::string() : "_" + std::to_string(adapters_.size() + 1);
    adapters_.emplace_back(config.embedding, part, config.bert.hidden_size, suffix, owner);
  }
  if (!config.learned_tokens.empty()) {
    const auto tokens = torch::tensor(config.learned_tokens, torch::kInt64);
    learned_embeddings_ = owner.register_module(
        "learned_embeddings", torch::nn::Embedding(tokens.size(0), config.bert.hidden_size));
    learned_index_V_ = at::zeros({config.vocabulary_size}, torch::kInt64);
    learned_index_V_.narrow(0, 0, kSpecials).copy_(at::arange(kSpecials));
    learned_index_V_.index_copy_(0, tokens, at::arange(tokens.size(0)) + kSpecials);
  }
}

torch::Tensor AdapterEmbedder::adapt(const torch::Tensor& rows_UE) {
  if (rows_UE.dim() != 2 || rows_UE.size(1) != row_size_) {
    throw Error("the adapter was given rows of another size than " + std::to_string(row_size_));
  }
  const auto parts = rows_UE.split_with_sizes(parts_, 1);
  auto sum_UH = adapters_.front().forward(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) sum_UH = sum_UH + adapters_[i].forward(parts[i]);
  return sum_UH;
}

void AdapterEmbedder::fit_input_map(const torch::Tensor& rows_GE) {
  const auto parts = rows_GE.split_with_sizes(parts_, 1);
  for (std::size_t i = 0; i < parts.size(); ++i) adapters_[i].input_map()->fit(parts[i]);
}

torch::Tensor AdapterEmbedder::map_rows(const torch::Tensor& rows_UE) {
  auto parts = rows_UE.split_with_sizes(parts_, 1);
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = adapters_[i].input_map()->forward(parts[i]);
  return at::cat(parts, 1);
}

torch::Tensor AdapterEmbedder::forward(const PackedSequences& input) {
  if (!input.rows_UE.defined() || !input.row_T.defined()) {
    throw Error("a model with an adapter was given a batch without embedding rows");
  }
  const auto adapted_UH = adapt(input.rows_UE);
  const auto type = adapted_UH.scalar_type();
  std::vector<torch::Tensor> vectors{special_embeddings_->weight.to(type)};
  if (!learned_embeddings_.is_empty()) vectors.push_back(learned_embeddings_->weight.to(type));
  const std::int64_t learned = vectors.front().size(0) + (vectors.size() > 1 ? vectors.back().size(0) : 0);
  vectors.push_back(adapted_UH);
  const auto index_T = at::where(input.row_T < 0, learned_index(input.tokens_T), input.row_T + learned);
  return at::embedding(at::cat(vectors), index_T);
}

torch::Tensor AdapterEmbedder::learned_index(const torch::Tensor& tokens_T) {
  if (learned_embeddings_.is_empty()) return tokens_T;
  learned_index_V_ = learned_index_V_.to(tokens_T.device());
  return learned_index_V_.index_select(0, tokens_T);
}

void AdapterEmbedder::set_vocabulary_rows(const torch::Tensor& row_V, const torch::Tensor& rows_UE) {
  const std::int64_t highest = row_V.max().item<std::int64_t>();
  if (highest >= rows_UE.size(0)) {
    throw Error("a token of the vocabulary has row " + std::to_string(highest) + " of " +
                std::to_string(rows_UE.size(0)) + " rows");
  }
  const auto tokens_V = at::arange(row_V.size(0), row_V.options());
  auto own_V = tokens_V < kSpecials;
  if (learned_index_V_.defined()) {
    const auto learned_V = learned_index_V_.to(row_V.device()) >= kSpecials;
    own_V.narrow(0, 0, learned_V.size(0)).logical_or_(learned_V);
  }
  const auto known_V = (row_V >= 0).logical_or(own_V);
  const auto device = special_embeddings_->weight.device();
  vocabulary_.tokens_T = (tokens_V * own_V).to(device);
  vocabulary_.row_T = row_V.to(device);
  vocabulary_.rows_UE = rows_UE.to(device);
  known_V1_ = known_V.all().item<bool>() ? torch::Tensor() : known_V.unsqueeze(1).to(device);
}

torch::Tensor AdapterEmbedder::table() {
  if (!vocabulary_.tokens_T.defined()) return {};
  const auto table_VH = forward(vocabulary_);
  return known_V1_.defined() ? table_VH * known_V1_ : table_VH;
}

void AdapterEmbedder::initialise(std::uint64_t seed) {
  draw_table(special_embeddings_->weight, seed, "special_embeddings.weight", special_deviation_);
  if (!learned_embeddings_.is_empty())
    draw_normal(learned_embeddings_->weight, seed, "learned_embeddings.weight", learned_deviation_);
  for (auto& adapter : adapters_) adapter.initialise(seed);
}

std::unique_ptr<TokenEmbedder> make_token_embedder(const ModelConfig& config, torch::nn::Module& owner) {
  if (config.embedding.kind == TokenEmbedding::kTable) return std::make_unique<TableEmbedder>(config, owner);
  return std::make_unique<AdapterEmbedder>(config, owner);
}

}  // namespace biodta::model
