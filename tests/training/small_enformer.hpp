#pragma once
/// @file
/// An Enformer that trains in seconds: windows of 128 bp, 8 bins of 8 bp in their middle, one head of two
/// tracks.

#include <biodta/enformer/enformer.hpp>
#include <biodta/training/trained_parts.hpp>

#include <cstdint>
#include <string>

namespace biodta::testing {

inline constexpr std::int64_t kSmallWindow = 128, kSmallBins = 8;

inline enformer::EnformerConfig small_enformer_config() {
  enformer::EnformerConfig config;
  config.dim = 24;
  config.depth = 1;
  config.heads = 2;
  config.key_size = 8;
  config.num_downsamples = 3;
  config.dim_divisible_by = 4;
  config.target_length = kSmallBins;
  config.window = kSmallWindow;
  config.dropout = config.attention_dropout = config.position_dropout = 0.05;
  config.heads_out = {{"planted", 2}};
  return config;
}

inline enformer::Enformer small_enformer_model(
    const enformer::EnformerConfig& config = small_enformer_config()) {
  enformer::Enformer model(config);
  model->initialise(5);
  return model;
}

/// All of a new network.
inline training::TrainedParts small_parts() {
  return {small_enformer_model(), "planted", {.keep_batch_statistics = false}};
}

}  // namespace biodta::testing
