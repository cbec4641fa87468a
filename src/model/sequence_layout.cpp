#include <biodta/model/sequence_layout.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/embedding.h>
#include <ATen/ops/searchsorted.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>

namespace biodta::model {
namespace {

void check(const PackedSequences& input) {
  std::int64_t sum = 0;
  for (const std::int64_t length : input.lengths) {
    if (length < 1) throw Error("a batch holds a sequence of " + std::to_string(length) + " tokens");
    sum += length;
  }
  if (sum != input.tokens_T.size(0) || sum != input.positions_T.size(0)) {
    throw Error("a batch's lengths sum to " + std::to_string(sum) + ", but it holds " +
                std::to_string(input.tokens_T.size(0)) + " tokens and " +
                std::to_string(input.positions_T.size(0)) + " positions");
  }
}

bool is_grouped(const std::vector<std::int64_t>& lengths) {
  std::set<std::int64_t> finished;
  for (std::size_t i = 1; i < lengths.size(); ++i) {
    if (lengths[i] == lengths[i - 1]) continue;
    finished.insert(lengths[i - 1]);
    if (finished.contains(lengths[i])) return false;
  }
  return true;
}

/// Sequence numbers, longest first; equal lengths keep their order.
std::vector<std::size_t> by_length(const std::vector<std::int64_t>& lengths) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0U);
  if (!is_grouped(lengths)) {
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return lengths[a] > lengths[b]; });
  }
  return order;
}

template <class T>
torch::Tensor tensor_on(const std::vector<T>& values, torch::Device device) {
  return torch::tensor(values).to(device);
}

/// Order and inverse of tokens, from the order of sequences.
void add_token_order(SequenceLayout& layout, const std::vector<std::int64_t>& lengths,
                     const std::vector<std::size_t>& sequences, torch::Device device) {
  std::vector<std::int64_t> first(lengths.size(), 0);
  std::partial_sum(lengths.begin(), lengths.end() - 1, first.begin() + 1);
  std::vector<std::int64_t> order;
  order.reserve(static_cast<std::size_t>(layout.tokens));
  for (const std::size_t sequence : sequences) {
    for (std::int64_t i = 0; i < lengths[sequence]; ++i) order.push_back(first[sequence] + i);
  }
  std::vector<std::int64_t> inverse(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  }
  layout.order_T = tensor_on(order, device);
  layout.inverse_T = tensor_on(inverse, device);
}

/// Adds the next sequence of the encoder's order.
void append(SequenceLayout& layout, std::vector<std::int32_t>& boundaries, std::int64_t length) {
  if (layout.groups.empty() || layout.groups.back().length != length) {
    layout.groups.push_back({layout.tokens, 0, length});
  }
  ++layout.groups.back().sequences;
  layout.tokens += length;
  layout.longest = std::max(layout.longest, length);
  boundaries.push_back(static_cast<std::int32_t>(layout.tokens));
}

/// Known without asking the device.
bool is_ascending(const torch::Tensor& index_M) {
  if (!index_M.is_cpu()) return false;
  const auto* const first = index_M.data_ptr<std::int64_t>();
  return std::is_sorted(first, first + index_M.numel());
}

}  // namespace

SequenceLayout make_layout(const PackedSequences& input) {
  check(input);
  const auto& lengths = input.lengths;
  const auto sequences = by_length(lengths);
  SequenceLayout layout;
  std::vector<std::int32_t> boundaries{0};
  for (const std::size_t sequence : sequences) append(layout, boundaries, lengths[sequence]);
  const auto device = input.tokens_T.device();
  if (!std::is_sorted(sequences.begin(), sequences.end()))
    add_token_order(layout, lengths, sequences, device);
  layout.boundaries_B1 = tensor_on(boundaries, device).to(torch::kInt32);
  return layout;
}

std::vector<LayoutPart> split_layout(const SequenceLayout& layout, std::int64_t tokens) {
  if (layout.groups.empty()) return {{0, layout}};
  std::vector<LayoutPart> parts;
  std::vector<std::int32_t> boundaries;
  const auto finish = [&] {
    if (!parts.empty())
      parts.back().layout.boundaries_B1 = tensor_on(boundaries, torch::kCPU).to(torch::kInt32);
  };
  std::int64_t begun = 0;
  for (const auto& group : layout.groups) {
    for (std::int64_t i = 0; i < group.sequences; ++i, begun += group.length) {
      if (parts.empty() || parts.back().layout.tokens + group.length > tokens) {
        finish();
        parts.push_back({begun, {}});
        boundaries = {0};
      }
      append(parts.back().layout, boundaries, group.length);
    }
  }
  finish();
  return parts;
}

PackedSequences reorder(const PackedSequences& input, const SequenceLayout& layout) {
  if (!layout.order_T.defined()) return input;
  PackedSequences ordered;
  ordered.tokens_T = input.tokens_T.index_select(0, layout.order_T);
  ordered.positions_T = input.positions_T.index_select(0, layout.order_T);
  if (input.row_T.defined()) ordered.row_T = input.row_T.index_select(0, layout.order_T);
  ordered.rows_UE = input.rows_UE;
  for (const auto& group : layout.groups) {
    ordered.lengths.insert(ordered.lengths.end(), static_cast<std::size_t>(group.sequences), group.length);
  }
  return ordered;
}

torch::Tensor gather_rows(const torch::Tensor& x_TH, const torch::Tensor& index_M) {
  return at::embedding(x_TH, index_M);
}

QuerySelection select_queries(const SequenceLayout& layout, const torch::Tensor& positions_M) {
  QuerySelection selection;
  selection.index_M =
      (layout.inverse_T.defined() ? layout.inverse_T.index_select(0, positions_M) : positions_M).contiguous();
  if (!is_ascending(selection.index_M)) {
    const auto [sorted_M, order_M] = selection.index_M.sort();
    selection.index_M = sorted_M;
    selection.restore_M = order_M.argsort();
  }
  selection.boundaries_B1 =
      at::searchsorted(selection.index_M, layout.boundaries_B1.to(torch::kInt64), /*out_int32=*/true);
  return selection;
}

}  // namespace biodta::model
