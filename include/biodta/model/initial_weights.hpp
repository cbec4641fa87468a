#pragma once
/// @file
/// Weights before training.

#include <torch/types.h>

#include <cstdint>
#include <string_view>

namespace biodta::model {

/// Fills a parameter with N(0, deviation²), on the CPU, the same on every machine.
/// Each parameter has a stream of its own, keyed by (seed, name): two models that share a parameter's name
/// and shape start from equal values there, whatever else they have.
void draw_normal(const torch::Tensor& parameter, std::uint64_t seed, std::string_view name, double deviation);

}  // namespace biodta::model
