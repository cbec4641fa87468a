#include "flash_attention.hpp"

#include <ATen/ops/_flash_attention_backward.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/stack.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

// The operators are private to LibTorch and may change with its version: this file alone knows them.
namespace biodta::model {
namespace {

constexpr std::int64_t kLargestHead = 256;
constexpr std::int64_t kHeadStep = 8;

struct Heads {
  torch::Tensor query_TKD, key_TKD, value_TKD;
};

Heads heads_of(const torch::Tensor& qkv, std::int64_t heads) {
  const auto parts = qkv.view({qkv.size(0), 3, heads, qkv.size(1) / (3 * heads)}).unbind(1);
  return {parts[0], parts[1], parts[2]};
}

class FlashAttention : public torch::autograd::Function<FlashAttention> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& qkv,
                               const torch::Tensor& boundaries_B1, std::int64_t longest, std::int64_t heads,
                               double dropout) {
    const auto [query_TKD, key_TKD, value_TKD] = heads_of(qkv, heads);
    const auto [out_TKD, log_sum, random_state, unused, debug] = at::_flash_attention_forward(
        query_TKD, key_TKD, value_TKD, boundaries_B1, boundaries_B1, longest, longest, dropout,
        /*is_causal=*/false, /*return_debug_mask=*/false);
    context->save_for_backward({qkv, boundaries_B1, out_TKD, log_sum, random_state, unused});
    context->saved_data["longest"] = longest;
    context->saved_data["heads"] = heads;
    context->saved_data["dropout"] = dropout;
    return out_TKD.reshape({qkv.size(0), qkv.size(1) / 3});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& qkv = saved[0];
    const auto& boundaries_B1 = saved[1];
    const auto& out_TKD = saved[2];
    const std::int64_t longest = context->saved_data["longest"].toInt();
    const auto [query_TKD, key_TKD, value_TKD] = heads_of(qkv, context->saved_data["heads"].toInt());
    const auto [query_grad, key_grad, value_grad] = at::_flash_attention_backward(
        gradients[0].reshape_as(out_TKD), query_TKD, key_TKD, value_TKD, out_TKD, saved[3], boundaries_B1,
        boundaries_B1, longest, longest, context->saved_data["dropout"].toDouble(), /*is_causal=*/false,
        saved[4], saved[5]);
    return {at::stack(std::vector<torch::Tensor>{query_grad, key_grad, value_grad}, 1).view_as(qkv),
            {},
            {},
            {},
            {}};
  }
};

}  // namespace

bool flash_attention_serves(const torch::Tensor& qkv, std::int64_t heads) {
  const std::int64_t head_size = qkv.size(1) / (3 * heads);
  return qkv.is_cuda() && (qkv.scalar_type() == torch::kHalf || qkv.scalar_type() == torch::kBFloat16) &&
         head_size % kHeadStep == 0 && head_size <= kLargestHead && qkv.size(0) > 0;
}

torch::Tensor flash_attention(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads,
                              double dropout) {
  return FlashAttention::apply(qkv.contiguous(), layout.boundaries_B1, layout.longest, heads, dropout);
}

}  // namespace biodta::model
