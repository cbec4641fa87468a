#pragma once
/// @file
/// Attention over packed sequences by LibTorch's variable-length flash kernels.

#include <biodta/model/sequence_layout.hpp>

#include <torch/types.h>

#include <cstdint>

namespace biodta::model {

/// Whether the flash kernels take such a tensor: on CUDA, half or bfloat16, heads of a size they know.
bool flash_attention_serves(const torch::Tensor& tensor, std::int64_t head_size);
/// packed_attention for tensors that flash_attention_serves.
torch::Tensor flash_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                              double dropout);
/// packed_attention_at, likewise.
torch::Tensor flash_attention_at(const torch::Tensor& query_MH, const torch::Tensor& key_value_T2H,
                                 const SequenceLayout& layout, const QuerySelection& selection,
                                 std::int64_t heads, double dropout);

}  // namespace biodta::model
