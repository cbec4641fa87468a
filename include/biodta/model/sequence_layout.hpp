#pragma once
/// @file
/// How the sequences of a batch lie in memory while the encoder works on them.

#include <biodta/model/packed_sequences.hpp>

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace biodta::model {

/// Neighbouring sequences of one length.
struct LengthGroup {
  std::int64_t first_token = 0;
  std::int64_t sequences = 0;
  std::int64_t length = 0;

  std::int64_t tokens() const noexcept { return sequences * length; }
};

/// The encoder's order of a batch: sequences of equal length are neighbours, so that each group is a dense
/// block [sequences, length, H] without padding or copying. Batches of the length-grouped sampler mostly lie
/// so already.
struct SequenceLayout {
  std::vector<LengthGroup> groups;  ///< longest first where the batch was reordered
  std::int64_t tokens = 0;          ///< T
  std::int64_t longest = 0;         ///< length of the longest sequence
  torch::Tensor
      order_T;  ///< int64: token i of the encoder is token order_T[i] of the batch; undefined = as it is
  torch::Tensor
      inverse_T;  ///< int64: token i of the batch is token inverse_T[i] of the encoder; undefined = as it is
  torch::Tensor
      boundaries_B1;  ///< int32 [B + 1] on the device: where each sequence begins in the encoder's order
};

/// Positions at which alone a layer's output is wanted, by sequence.
struct QuerySelection {
  torch::Tensor index_M;  ///< int64 tokens of the encoder's order, ascending
  torch::Tensor
      restore_M;  ///< int64: what was asked for as number i is number restore_M[i] here; undefined = i
  torch::Tensor boundaries_B1;  ///< int32 [B + 1]: where each sequence's positions begin in index_M
};

/// @throws Error when the lengths are not positive or do not sum to T.
SequenceLayout make_layout(const PackedSequences& input);
/// Neighbouring sequences of a layout on the CPU.
struct LayoutPart {
  std::int64_t first_token = 0;
  SequenceLayout
      layout;  ///< of the encoder's order, tokens counted from first_token: without order and inverse
};
/// Parts of whole sequences, in order: at most `tokens` tokens each, or one sequence.
std::vector<LayoutPart> split_layout(const SequenceLayout& layout, std::int64_t tokens);
/// Tokens, positions and rows in the encoder's order.
PackedSequences reorder(const PackedSequences& input, const SequenceLayout& layout);
/// Rows by number, by at::embedding: the backward pass of index_select is several times slower.
torch::Tensor gather_rows(const torch::Tensor& x_TH, const torch::Tensor& index_M);
/// @param positions_M  int64 index into the batch's tokens, each at most once.
QuerySelection select_queries(const SequenceLayout& layout, const torch::Tensor& positions_M);

}  // namespace biodta::model
