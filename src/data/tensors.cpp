#include <biodta/data/tensors.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstring>
#include <vector>

namespace biodta::data {
namespace {

/// A copy on the device. For CUDA it goes through pinned memory, so that it does not hold up the host.
torch::Tensor copy_of(const std::vector<std::int64_t>& values, torch::Device device) {
  const auto tensor = at::empty({static_cast<std::int64_t>(values.size())},
                                torch::TensorOptions(torch::kInt64).pinned_memory(device.is_cuda()));
  if (!values.empty()) std::memcpy(tensor.data_ptr(), values.data(), values.size() * sizeof(std::int64_t));
  return device.is_cpu() ? tensor : tensor.to(device, /*non_blocking=*/true);
}

}  // namespace

torch::Tensor bank_tensor(const embedding::EmbeddingBank& bank) {
  const auto values = bank.values();
  // from_blob asks for a mutable pointer; nothing here writes through it.
  return at::from_blob(
      const_cast<float*>(values.data()),
      {static_cast<std::int64_t>(bank.row_count()), static_cast<std::int64_t>(bank.row_size())},
      torch::TensorOptions(torch::kFloat32));
}

model::PackedSequences to_tensors(const PackedBatch& batch, const torch::Tensor& bank_values_RE,
                                  torch::Device device) {
  const bool has_rows = !batch.row.empty() || batch.tokens.empty();
  if (bank_values_RE.defined() && !has_rows) throw Error("a batch without embedding rows was given a bank");
  if (!bank_values_RE.defined() && !batch.row.empty())
    throw Error("a batch with embedding rows was given no bank");
  model::PackedSequences packed;
  packed.tokens_T = copy_of(batch.tokens, device);
  packed.positions_T = copy_of(batch.positions, device);
  packed.lengths = batch.lengths;
  if (!bank_values_RE.defined()) return packed;
  packed.row_T = copy_of(batch.row, device);
  const auto rows_U = copy_of(batch.rows, bank_values_RE.device());
  packed.rows_UE = bank_values_RE.index_select(0, rows_U).to(device);
  return packed;
}

VocabularyRows vocabulary_rows(const TokenRows& rows, const torch::Tensor& bank_values_RE) {
  std::vector<std::int64_t> row;
  std::vector<std::int64_t> distinct;
  for (cells::TokenId token = 0; token < rows.token_count(); ++token) {
    const std::int64_t of_bank = rows.row_of(token);
    row.push_back(of_bank < 0 ? -1 : static_cast<std::int64_t>(distinct.size()));
    if (of_bank >= 0) distinct.push_back(of_bank);
  }
  return {copy_of(row, torch::kCPU),
          bank_values_RE.index_select(0, copy_of(distinct, bank_values_RE.device()))};
}

torch::Tensor shown_tensor(const PackedBatch& batch, torch::Device device) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(batch.shown.size());
  for (const Shown shown : batch.shown) numbers.push_back(static_cast<std::int64_t>(shown));
  return copy_of(numbers, device);
}

MaskedTensors masked_tensors(const PackedBatch& batch, torch::Device device) {
  return {copy_of(batch.masked, device), copy_of(batch.targets, device)};
}

}  // namespace biodta::data
