#include "train_plan.hpp"

#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string>

namespace biodta::pipeline {
namespace {

using support::counted;
using support::with_thousands;

std::string size_text(double bytes) {
  constexpr std::array kUnits{"kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (bytes /= 1000; bytes >= 1000 && unit + 1 < kUnits.size(); ++unit) bytes /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), bytes < 10 ? "%.1f %s" : "%.0f %s", bytes, kUnits[unit]);
  return text.data();
}

std::string part_of(const std::string& parameter) {
  if (parameter.starts_with("bert.embeddings.")) return "embeddings";
  if (parameter.starts_with("bert.encoder.")) return "encoder";
  return "masked-LM head";
}

std::uint64_t tell_parameters(const model::MaskedLanguageModel& model, support::Reporter& reporter) {
  std::map<std::string, std::uint64_t> parts;
  std::uint64_t all = 0;
  for (const auto& parameter : model->named_parameters()) {
    const auto size = static_cast<std::uint64_t>(parameter.value().numel());
    parts[part_of(parameter.key())] += size;
    all += size;
  }
  std::string text;
  for (const auto& [part, size] : parts)
    text += (text.empty() ? "" : ", ") + part + " " + with_thousands(size);
  reporter.info("parameters: " + with_thousands(all) + " (" + text + ")");
  return all;
}

/// About what the forward pass of a batch leaves for its backward pass.
double activation_bytes(const model::ModelConfig& config, const data::PackedBatch& batch, bool half) {
  const auto& bert = config.bert;
  const auto tokens = static_cast<double>(batch.tokens.size()),
             hidden = static_cast<double>(bert.hidden_size);
  const auto in_layer = static_cast<double>(activations_per_token(bert.hidden_size, bert.intermediate_size));
  const auto layers = static_cast<double>(bert.layers);
  // Recomputed, a layer leaves its input, and one layer at a time all that it makes.
  const double in_layers = tokens * (bert.recompute ? layers * hidden + in_layer : layers * in_layer);
  const double in_embeddings = 4 * tokens * hidden + static_cast<double>(batch.rows.size()) *
                                                         (static_cast<double>(config.row_size) + 2 * hidden);
  // Logits, their softmax and its gradient stay float32.
  const double logits =
      3 * static_cast<double>(batch.masked.size()) * static_cast<double>(config.vocabulary_size);
  return (half ? 2.0 : 4.0) * in_layers + 4.0 * (in_embeddings + logits);
}

}  // namespace

void tell_run(const PlannedRun& run, support::Reporter& reporter) {
  const auto& config = run.model->config();
  const auto parameters = tell_parameters(run.model, reporter);
  const auto tokens = run.task.training_tokens();
  const auto steps = std::max<std::uint64_t>(1, run.task.steps_per_epoch());
  reporter.info("an epoch: " + counted(tokens, "token") + " in " + counted(steps, "step") + " of about " +
                with_thousands(tokens / steps) + ", in " +
                counted(static_cast<std::uint64_t>(run.training.gradient_accumulation), "micro-batch",
                        "micro-batches") +
                " on " + counted(static_cast<std::uint64_t>(run.ranks), "rank"));

  const auto batch = run.task.first_micro_batch();
  const auto longest =
      batch.lengths.empty() ? 0 : *std::max_element(batch.lengths.begin(), batch.lengths.end());
  std::string shapes = "first micro-batch: " + counted(batch.lengths.size(), "cell") + ", " +
                       counted(batch.tokens.size(), "token") + ", the longest cell " +
                       with_thousands(static_cast<std::uint64_t>(longest)) + ", " +
                       with_thousands(batch.masked.size()) + " masked";
  if (config.row_size > 0) {
    shapes += "; " + counted(batch.rows.size(), "distinct row") + " of " +
              with_thousands(static_cast<std::uint64_t>(config.row_size));
  }
  reporter.info(shapes);

  // Weight and gradient, two moments, float32.
  const double bytes_per_parameter = 8.0 + 8.0 / (run.shards_moments ? run.ranks : 1);
  const bool half = run.training.precision != training::Precision::kFloat32;
  std::string memory = "memory a rank, about: weights, gradients and moments " +
                       size_text(bytes_per_parameter * static_cast<double>(parameters)) +
                       "; activations of the first micro-batch " +
                       size_text(activation_bytes(config, batch, half));
  if (run.bank_bytes > 0) memory += "; embedding bank " + size_text(static_cast<double>(run.bank_bytes));
  reporter.info(memory);
}

}  // namespace biodta::pipeline
