#pragma once
/// @file
/// Attention over packed sequences by LibTorch's variable-length flash kernels.

#include <biodta/model/sequence_layout.hpp>

#include <torch/types.h>

#include <cstdint>

namespace biodta::model {

/// Whether the flash kernels take such a tensor: on CUDA, half or bfloat16, heads of a size they know.
bool flash_attention_serves(const torch::Tensor& qkv, std::int64_t heads);
/// packed_attention for tensors that flash_attention_serves.
torch::Tensor flash_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                              double dropout);

}  // namespace biodta::model
