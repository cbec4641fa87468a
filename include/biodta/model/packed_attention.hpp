#pragma once
/// @file
/// Self-attention over packed sequences: each token sees its own sequence and nothing else, without padding.

#include <biodta/model/sequence_layout.hpp>

#include <torch/types.h>

#include <cstdint>

namespace biodta::model {

/// softmax(Q K^T / sqrt(D)) V within each sequence, differentiable.
///
/// On CUDA with half or bfloat16, one variable-length flash kernel serves the whole batch. On the CPU with
/// float32, blocks of batched products small enough for the cache, group by group (cpu_attention.hpp).
/// Everything else goes through LibTorch's fused attention, one call a group of equal length.
///
/// @param qkv     [T, 3H] in the encoder's order: queries, keys, values side by side, and heads side by side
/// within each.
/// @param dropout  probability of dropping an attention weight; 0 = none. Drawn from LibTorch's default
/// generator.
/// @return [T, H], heads side by side.
torch::Tensor packed_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                               double dropout);

/// Whether packed_attention_at serves queries of this kind (device and precision).
bool attention_selects(const torch::Tensor& query_MH, std::int64_t heads);
/// The same for the queries of chosen tokens alone, each against its whole sequence.
/// @param query_MH       of selection.index_M
/// @param key_value_T2H  keys and values side by side, of all tokens in the encoder's order
/// @return [M, H]
torch::Tensor packed_attention_at(const torch::Tensor& query_MH, const torch::Tensor& key_value_T2H,
                                  const SequenceLayout& layout, const QuerySelection& selection,
                                  std::int64_t heads, double dropout);

}  // namespace biodta::model
