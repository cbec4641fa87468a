#include "flash_attention.hpp"

#include <ATen/ops/_flash_attention_backward.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/stack.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

// The operators are private to LibTorch and may change with its version: this file alone knows them.
namespace biodta::model {
namespace {

constexpr std::int64_t kLargestHead = 256;
constexpr std::int64_t kHeadStep = 8;

/// What stands in columns [from, from + H) of a packed matrix, as [rows, heads, head size].
torch::Tensor heads_of(const torch::Tensor& packed, std::int64_t from, std::int64_t hidden,
                       std::int64_t heads) {
  return packed.narrow(1, from, hidden).unflatten(1, {heads, hidden / heads});
}

class FlashAttention : public torch::autograd::Function<FlashAttention> {
 public:
  /// @param key_value  the same tensor as `query` when queries, keys and values lie side by side
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& query,
                               const torch::Tensor& key_value, const torch::Tensor& query_boundaries_B1,
                               const torch::Tensor& key_boundaries_B1, std::int64_t most_queries,
                               std::int64_t most_keys, std::int64_t hidden, std::int64_t heads,
                               double dropout) {
    const std::int64_t before_key = key_value.size(1) - 2 * hidden;
    const auto [out, log_sum, random_state, unused, debug] = at::_flash_attention_forward(
        heads_of(query, 0, hidden, heads), heads_of(key_value, before_key, hidden, heads),
        heads_of(key_value, before_key + hidden, hidden, heads), query_boundaries_B1, key_boundaries_B1,
        most_queries, most_keys, dropout, /*is_causal=*/false, /*return_debug_mask=*/false);
    context->save_for_backward(
        {query, key_value, query_boundaries_B1, key_boundaries_B1, out, log_sum, random_state, unused});
    auto& data = context->saved_data;
    data["most_queries"] = most_queries;
    data["most_keys"] = most_keys;
    data["hidden"] = hidden;
    data["heads"] = heads;
    data["dropout"] = dropout;
    return out.reshape({query.size(0), hidden});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    auto& data = context->saved_data;
    const auto saved = context->get_saved_variables();
    const auto& query = saved[0];
    const auto& key_value = saved[1];
    const auto& out = saved[4];
    const std::int64_t hidden = data["hidden"].toInt();
    const std::int64_t heads = data["heads"].toInt();
    const std::int64_t before_key = key_value.size(1) - 2 * hidden;
    const auto [query_grad, key_grad, value_grad] = at::_flash_attention_backward(
        gradients[0].reshape_as(out), heads_of(query, 0, hidden, heads),
        heads_of(key_value, before_key, hidden, heads),
        heads_of(key_value, before_key + hidden, hidden, heads), out, saved[5], saved[2], saved[3],
        data["most_queries"].toInt(), data["most_keys"].toInt(), data["dropout"].toDouble(),
        /*is_causal=*/false, saved[6], saved[7]);
    const auto side_by_side = [&](const std::vector<torch::Tensor>& parts) {
      return at::stack(parts, 1).reshape({parts[0].size(0), -1});
    };
    torch::autograd::variable_list result(9);
    if (before_key > 0) {
      result[0] = side_by_side({query_grad, key_grad, value_grad});
    } else {
      result[0] = query_grad.reshape_as(query);
      result[1] = side_by_side({key_grad, value_grad});
    }
    return result;
  }
};

}  // namespace

bool flash_attention_serves(const torch::Tensor& tensor, std::int64_t head_size) {
  const bool short_type = tensor.scalar_type() == torch::kHalf || tensor.scalar_type() == torch::kBFloat16;
  return tensor.is_cuda() && short_type && head_size % kHeadStep == 0 && head_size <= kLargestHead;
}

torch::Tensor flash_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                              double dropout) {
  const auto contiguous = qkv.contiguous();
  return FlashAttention::apply(contiguous, contiguous, layout.boundaries_B1, layout.boundaries_B1,
                               layout.longest, layout.longest, qkv.size(1) / 3, heads, dropout);
}

torch::Tensor flash_attention_at(const torch::Tensor& query_MH, const torch::Tensor& key_value_T2H,
                                 const SequenceLayout& layout, const QuerySelection& selection,
                                 std::int64_t heads, double dropout) {
  // How many queries the busiest sequence has is known on the device only; never more than it has tokens.
  const std::int64_t most_queries = std::min(layout.longest, query_MH.size(0));
  return FlashAttention::apply(query_MH.contiguous(), key_value_T2H.contiguous(), selection.boundaries_B1,
                               layout.boundaries_B1, most_queries, layout.longest, query_MH.size(1), heads,
                               dropout);
}

}  // namespace biodta::model
