#pragma once
/// @file
/// Attention over packed sequences on the CPU.

#include <biodta/model/sequence_layout.hpp>

#include <torch/types.h>

#include <cstdint>

namespace biodta::model {

/// packed_attention for float32 on the CPU. LibTorch's fused kernel is slow where sequences and heads are
/// small (a batch of 32 cells × 78 genes × 4 heads of 16: 13 ms for forward and backward, against 5 ms here),
/// and falls back to storing all weights as soon as there is dropout. Here work is cut into blocks whose
/// weights fit the cache; those of short sequences are kept for the backward pass, those of long ones
/// computed again. In c10::InferenceMode and without dropout none are stored (streamed_attention.hpp).
/// Results do not depend on the number of threads.
torch::Tensor cpu_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                            double dropout);
/// packed_attention_at, likewise.
torch::Tensor cpu_attention_at(const torch::Tensor& query_MH, const torch::Tensor& key_value_T2H,
                               const SequenceLayout& layout, const QuerySelection& selection,
                               std::int64_t heads, double dropout);

}  // namespace biodta::model
