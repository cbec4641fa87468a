#pragma once
/// @file
/// What lies between the convolutions and the attention of an Enformer.

#include <torch/types.h>

namespace biodta::enformer {

/// The bins of windows before any of them sees another, before the crop, [B, bins, ·] each: what the
/// convolutions make of them, and what the first attention looks at (undefined in a network of depth 0). A
/// row depends on its bin alone. J = heads × key size.
struct BinRows {
  torch::Tensor x_BND;
  torch::Tensor q_BNJ, k_BNJ, v_BND;
};

}  // namespace biodta::enformer
