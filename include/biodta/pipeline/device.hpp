#pragma once
/// @file
/// Where tensors live, from what a person says.

#include <torch/types.h>

#include <string_view>

namespace biodta::pipeline {

/// GPUs that this process sees; 0 in a build without CUDA.
int visible_gpus();

/// @param name        "auto" (a GPU when there is one), "cpu", "cuda" or "cuda:i".
/// @param local_rank  rank on this machine: which GPU "auto" and "cuda" mean.
/// Throws ConfigError for another name, and for a GPU that is not there.
torch::Device choose_device(std::string_view name, int local_rank = 0);

}  // namespace biodta::pipeline
