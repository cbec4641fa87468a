#pragma once
// The convolutional part in inference: a stage at a time, and of a stage a tile at a time, so that a tile's
// temporaries stay in the processor's cache and no tensor of the whole length exists but a stage's input and
// output. What an output row depends on is known exactly, so a few output bins can be had from the bases that
// they see.

#include "layers.hpp"

#include <biodta/enformer/interval.hpp>

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::enformer::layers {

/// Rows of a stage's input that its output rows depend on.
/// @param length  rows of the whole input.
Interval input_of(const Stage& stage, Interval output, std::int64_t length);
/// Rows of a stage's output that depend on its input rows.
Interval output_of(const Stage& stage, Interval input, std::int64_t length);

/// Output rows `output` of the stages one after the other. Eval mode, without gradients.
/// @param one_hot_BL4  whole sequences.
/// @param tile_size    numbers (rows × channels) worked on at once, about.
torch::Tensor run_stages(std::span<Stage* const> stages, const torch::Tensor& one_hot_BL4, Interval output,
                         std::int64_t tile_size);

}  // namespace biodta::enformer::layers
