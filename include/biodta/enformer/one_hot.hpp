#pragma once
/// @file
/// DNA text as numbers.

#include <torch/types.h>

#include <span>
#include <string>

namespace biodta::enformer {

/// One-hot windows: [B, 4, L] float32 on the CPU, channels in the order A, C, G, T; every other letter (N) is
/// all zeros. The four channels of a base lie side by side in memory (strides 4L, 1, 4), which is how the
/// network reads them. Throws Error when the windows differ in length. No window gives [0, 4, 0].
torch::Tensor one_hot(std::span<const std::string> windows);

}  // namespace biodta::enformer
