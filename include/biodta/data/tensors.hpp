#pragma once
/// @file
/// From packed batches to tensors. Belongs to the library biodta_data_tensors, so that the rest of this room
/// stays free of torch.

#include <biodta/data/packed_batch.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/model/packed_sequences.hpp>

#include <torch/types.h>

namespace biodta::data {

/// The bank's values as a tensor [rows, E] float32 that shares their memory: the bank must outlive it.
torch::Tensor bank_tensor(const embedding::EmbeddingBank& bank);

/// What the model reads. The distinct rows of the batch are gathered from the bank; nothing else of the bank
/// is moved.
/// @param bank_values_RE  [rows, E] float32 on the CPU or on `device`; undefined for a model without a bank.
/// Throws Error when the batch has rows but no bank is given, or the other way round.
model::PackedSequences to_tensors(const PackedBatch& batch, const torch::Tensor& bank_values_RE,
                                  torch::Device device = torch::kCPU);

/// The reference rows of a vocabulary's genes, each once: what MaskedLanguageModelImpl::set_vocabulary_rows
/// takes.
struct VocabularyRows {
  torch::Tensor row_V;    ///< int64 index into rows_UE, -1 for tokens without a row; on the CPU
  torch::Tensor rows_UE;  ///< where the bank's values are
};
/// @param bank_values_RE  [rows, E] float32 of the bank that `rows` joins.
VocabularyRows vocabulary_rows(const TokenRows& rows, const torch::Tensor& bank_values_RE);

/// [M] int64, data::Shown as a number; empty for a batch that was not masked.
torch::Tensor shown_tensor(const PackedBatch& batch, torch::Device device = torch::kCPU);

/// Where the targets are and what they are; both empty for a batch that was not masked.
struct MaskedTensors {
  torch::Tensor masked_M;   ///< int64 index into the batch's tokens
  torch::Tensor targets_M;  ///< int64 true tokens
};
MaskedTensors masked_tensors(const PackedBatch& batch, torch::Device device = torch::kCPU);

}  // namespace biodta::data
