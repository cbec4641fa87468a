#pragma once
/// @file
/// What the model reads: sequences concatenated, never padded.

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace biodta::model {

/// Shape suffixes here and in the whole room: T tokens of the batch, B sequences, U distinct embedding rows,
/// M masked positions, E bank row size, H hidden size, V vocabulary, K heads, D head size.
struct PackedSequences {
  torch::Tensor tokens_T;             ///< int64; 0 pad (never present), 1 mask, genes from 2
  torch::Tensor positions_T;          ///< int64; rank within its sequence, 0 first
  std::vector<std::int64_t> lengths;  ///< [B] on the host; sums to T
  torch::Tensor row_T;                ///< int64 index into rows_UE, -1 for mask; undefined without a bank
  torch::Tensor rows_UE;  ///< float32 embedding rows, each distinct row once; undefined without a bank
};

}  // namespace biodta::model
