#pragma once
// transformers' numbers (scripts/fixtures/bert.py), and small models, for the tests of this room.

#include "testing.hpp"

#include <biodta/model/masked_language_model.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <random>
#include <string>
#include <vector>

namespace biodta::model::testing {

using biodta::testing::fixture;

inline weights::NamedTensors reference(const std::string& name) {
  return weights::read_tensors(fixture("bert") / name / "reference.safetensors").tensors;
}

/// Largest |a − b|.
inline double difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) {
    ADD_FAILURE() << "shapes differ: " << a.sizes() << " and " << b.sizes();
    return INFINITY;
  }
  if (a.numel() == 0) return 0.0;
  return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

/// Tokens one after the other, each sequence's positions from 0.
inline PackedSequences packed(const torch::Tensor& tokens_T, std::vector<std::int64_t> lengths) {
  PackedSequences input;
  input.tokens_T = tokens_T;
  std::vector<torch::Tensor> positions{at::arange(0, torch::kInt64)};
  for (const std::int64_t length : lengths) positions.push_back(at::arange(length, torch::kInt64));
  input.positions_T = at::cat(positions);
  input.lengths = std::move(lengths);
  return input;
}

inline std::vector<std::int64_t> numbers_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<std::int64_t>(), tensor.data_ptr<std::int64_t>() + tensor.numel()};
}

/// The fixture's batch, for a model of the same name ("table" or "adapter").
inline PackedSequences batch_of(const weights::NamedTensors& numbers) {
  auto input = packed(numbers.at("tokens"), numbers_of(numbers.at("lengths")));
  if (!numbers.contains("row")) return input;
  input.row_T = numbers.at("row");
  input.rows_UE = numbers.at("rows");
  return input;
}

/// A model small enough to be run many times, without dropout; row_size 0 = a table.
inline ModelConfig small_config(std::int64_t row_size) {
  ModelConfig config;
  config.bert = {.layers = 2,
                 .hidden_size = 16,
                 .heads = 2,
                 .intermediate_size = 24,
                 .max_positions = 40,
                 .hidden_dropout = 0.0,
                 .attention_dropout = 0.0};
  config.vocabulary_size = 30;
  config.row_size = row_size;
  if (row_size == 0) config.embedding.kind = TokenEmbedding::kTable;
  return config;
}

/// Reference rows of the small model's genes.
inline torch::Tensor small_rows(std::int64_t row_size, std::uint64_t seed = 11) {
  torch::manual_seed(seed);
  return at::randn({28, row_size}) * 3.0 + 1.0;
}

inline MaskedLanguageModel small_model(std::int64_t row_size, std::uint64_t seed = 5) {
  MaskedLanguageModel model(small_config(row_size));
  model->initialise(seed);
  if (row_size > 0) model->fit_input_map(small_rows(row_size));
  model->eval();
  return model;
}

/// Random genes, one in five masked; with rows for a model with an adapter.
inline PackedSequences random_batch(std::vector<std::int64_t> lengths, std::int64_t row_size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int64_t> tokens;
  for (const std::int64_t length : lengths) {
    for (std::int64_t i = 0; i < length; ++i) {
      tokens.push_back(random() % 5 == 0 ? 1 : static_cast<std::int64_t>(2 + random() % 28));
    }
  }
  auto input = packed(torch::tensor(tokens, torch::kInt64), std::move(lengths));
  if (row_size > 0) {
    input.row_T = at::where(input.tokens_T > 1, input.tokens_T - 2, -1);
    input.rows_UE = small_rows(row_size);
  }
  return input;
}

}  // namespace biodta::model::testing
