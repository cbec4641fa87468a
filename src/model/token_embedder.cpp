#include <biodta/model/initial_weights.hpp>
#include <biodta/model/token_embedder.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <string>

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

AdapterEmbedder::AdapterEmbedder(const ModelConfig& config, torch::nn::Module& owner)
    : special_deviation_(config.bert.initializer_range),
      adapter_deviation_(config.embedding.adapter_initializer_range > 0
                             ? config.embedding.adapter_initializer_range
                             : 1.0 / std::sqrt(static_cast<double>(config.row_size))),
      special_embeddings_(owner.register_module("special_embeddings",
                                                torch::nn::Embedding(kSpecials, config.bert.hidden_size))),
      input_map_(owner.register_module("input_map", InputMapLayer(config.embedding.input_map, config.row_size,
                                                                  config.embedding.shrinkage))),
      adapter_(
          owner.register_module("adapter", torch::nn::Linear(config.row_size, config.bert.hidden_size))) {}

torch::Tensor AdapterEmbedder::adapt(const torch::Tensor& rows_UE) {
  if (rows_UE.dim() != 2 || rows_UE.size(1) != adapter_->weight.size(1)) {
    throw Error("the adapter was given rows of another size than " +
                std::to_string(adapter_->weight.size(1)));
  }
  return at::softplus(input_map_->linear(rows_UE, adapter_->weight, adapter_->bias));
}

torch::Tensor AdapterEmbedder::forward(const PackedSequences& input) {
  if (!input.rows_UE.defined() || !input.row_T.defined()) {
    throw Error("a model with an adapter was given a batch without embedding rows");
  }
  const auto adapted_UH = adapt(input.rows_UE);
  const auto source = at::cat({special_embeddings_->weight.to(adapted_UH.scalar_type()), adapted_UH});
  const auto index_T = at::where(input.row_T < 0, input.tokens_T, input.row_T + kSpecials);
  return at::embedding(source, index_T);
}

void AdapterEmbedder::initialise(std::uint64_t seed) {
  draw_table(special_embeddings_->weight, seed, "special_embeddings.weight", special_deviation_);
  draw_normal(adapter_->weight, seed, "adapter.weight", adapter_deviation_);
  const torch::NoGradGuard no_gradient;
  adapter_->bias.zero_();
}

std::unique_ptr<TokenEmbedder> make_token_embedder(const ModelConfig& config, torch::nn::Module& owner) {
  if (config.embedding.kind == TokenEmbedding::kTable) return std::make_unique<TableEmbedder>(config, owner);
  return std::make_unique<AdapterEmbedder>(config, owner);
}

}  // namespace biodta::model
