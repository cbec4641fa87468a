#include "fixtures.hpp"

#include <biodta/model/packed_attention.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <c10/core/InferenceMode.h>

namespace biodta::model {
namespace {

using namespace biodta::model::testing;

SequenceLayout layout_of(const std::vector<std::int64_t>& lengths) {
  std::int64_t tokens = 0;
  for (const std::int64_t length : lengths) tokens += length;
  return make_layout(packed(at::zeros({tokens}, torch::kInt64), lengths));
}

/// The formula, one sequence and head at a time, in float64.
torch::Tensor by_formula(const torch::Tensor& qkv, const SequenceLayout& layout, std::int64_t heads) {
  const std::int64_t hidden = qkv.size(1) / 3;
  const std::int64_t size = hidden / heads;
  std::vector<torch::Tensor> rows;
  for (const auto& group : layout.groups) {
    for (std::int64_t s = 0; s < group.sequences; ++s) {
      const auto own = qkv.narrow(0, group.first_token + s * group.length, group.length);
      std::vector<torch::Tensor> columns;
      for (std::int64_t head = 0; head < heads; ++head) {
        const auto query = own.narrow(1, head * size, size);
        const auto key = own.narrow(1, hidden + head * size, size);
        const auto value = own.narrow(1, 2 * hidden + head * size, size);
        columns.push_back((query.mm(key.t()) / std::sqrt(static_cast<double>(size))).softmax(-1).mm(value));
      }
      rows.push_back(at::cat(columns, 1));
    }
  }
  return at::cat(rows);
}

void expect_the_formula(const std::vector<std::int64_t>& lengths, std::int64_t heads, std::int64_t size) {
  torch::manual_seed(1);
  const auto layout = layout_of(lengths);
  auto qkv = at::randn({layout.tokens, 3 * heads * size}).requires_grad_();
  auto exact = qkv.detach().to(torch::kFloat64).requires_grad_();
  const auto weights = at::randn({layout.tokens, heads * size});
  const auto out = packed_attention(qkv, layout, heads, 0.0);
  const auto expected = by_formula(exact, layout, heads);
  EXPECT_LT(difference(out, expected), 1e-5);
  const auto in_inference = [&] {
    const c10::InferenceMode inference;
    return packed_attention(qkv, layout, heads, 0.0);
  }();
  EXPECT_LT(difference(in_inference, expected.detach()), 1e-5);
  (out * weights).sum().backward();
  (expected * weights).sum().backward();
  EXPECT_LT(difference(qkv.grad(), exact.grad()), 2e-5);
}

TEST(PackedAttention, follows_the_formula_and_its_derivative) {
  expect_the_formula({1}, 1, 4);
  expect_the_formula({5, 5, 5, 3, 3, 1}, 2, 8);
  expect_the_formula(std::vector<std::int64_t>(60, 33), 4, 16);
}

TEST(PackedAttention, follows_the_formula_where_one_sequence_needs_several_blocks) {
  expect_the_formula({700, 90}, 3, 8);
}

TEST(PackedAttention, in_double_precision_follows_the_formula_too) {
  torch::manual_seed(2);
  const auto layout = layout_of({7, 7, 4});
  const auto qkv = at::randn({18, 24}, torch::kFloat64);
  EXPECT_LT(difference(packed_attention(qkv, layout, 2, 0.0), by_formula(qkv, layout, 2)), 1e-12);
}

/// Chosen queries against the rows of the whole, values and derivatives.
void expect_the_same_at(const std::vector<std::int64_t>& lengths,
                        const std::vector<std::int64_t>& positions) {
  torch::manual_seed(8);
  const auto layout = layout_of(lengths);
  const std::int64_t hidden = 24;
  const auto index = torch::tensor(positions, torch::kInt64);
  auto whole = at::randn({layout.tokens, 3 * hidden}).requires_grad_();
  auto query = whole.detach().narrow(1, 0, hidden).index_select(0, index).requires_grad_();
  auto key_value = whole.detach().narrow(1, hidden, 2 * hidden).contiguous().requires_grad_();
  const auto selection = select_queries(layout, index);
  const auto weights = at::randn({index.size(0), hidden});
  const auto out = packed_attention_at(query, key_value, layout, selection, 3, 0.0);
  const auto expected = packed_attention(whole, layout, 3, 0.0).index_select(0, index);
  EXPECT_LT(difference(out, expected), 1e-6);
  const auto in_inference = [&] {
    const c10::InferenceMode inference;
    return packed_attention_at(query, key_value, layout, selection, 3, 0.0);
  }();
  EXPECT_LT(difference(in_inference, expected.detach()), 1e-6);
  (out * weights).sum().backward();
  (expected * weights).sum().backward();
  EXPECT_LT(difference(query.grad(), whole.grad().narrow(1, 0, hidden).index_select(0, index)), 1e-5);
  EXPECT_LT(difference(key_value.grad(), whole.grad().narrow(1, hidden, 2 * hidden)), 1e-5);
}

TEST(PackedAttention, at_chosen_tokens_equals_the_same_rows_of_the_whole) {
  expect_the_same_at({4, 4, 4, 6}, {0, 3, 5, 8, 9, 10, 17});
  expect_the_same_at({5, 5, 3}, {12});  // sequences without a query
  expect_the_same_at({600, 90}, {0, 1, 300, 599, 600, 689});
}

/// With value = one-hot of the token, the output is the attention weights themselves.
TEST(PackedAttention, drops_the_asked_share_of_weights_and_scales_the_rest) {
  torch::manual_seed(3);
  const std::int64_t length = 64;
  const auto layout = layout_of(std::vector<std::int64_t>(6, length));
  const auto value = at::eye(length).repeat({6, 1});
  const auto query_key = at::randn({layout.tokens, 2 * length});
  const auto qkv = at::cat({query_key, value}, 1);
  const auto kept = packed_attention(qkv, layout, 1, 0.0);
  const auto dropped = packed_attention(qkv, layout, 1, 0.25);
  const auto is_dropped = dropped == 0;
  // 24,576 weights: five standard deviations are 0.014.
  EXPECT_NEAR(is_dropped.to(torch::kFloat64).mean().item<double>(), 0.25, 0.014);
  EXPECT_LT(difference(at::where(is_dropped, 0.0, dropped), at::where(is_dropped, 0.0, kept / 0.75)), 1e-6);
}

/// A forward and a backward pass must drop the same weights: checked by finite differences along a random
/// direction.
void expect_consistent_dropout(const std::vector<std::int64_t>& lengths) {
  torch::manual_seed(4);
  const auto layout = layout_of(lengths);
  auto qkv = at::randn({layout.tokens, 24}).requires_grad_();
  const auto weights = at::randn({layout.tokens, 8});
  const auto direction = at::randn_like(qkv);
  const auto value_at = [&](double step) {
    torch::manual_seed(5);
    return (packed_attention(qkv.detach() + step * direction, layout, 2, 0.4).to(torch::kFloat64) * weights)
        .sum()
        .item<double>();
  };
  torch::manual_seed(5);
  (packed_attention(qkv, layout, 2, 0.4) * weights).sum().backward();
  const double slope = (qkv.grad() * direction).sum().item<double>();
  const double step = 1e-2;
  EXPECT_NEAR((value_at(step) - value_at(-step)) / (2 * step), slope, 2e-2 * std::abs(slope) + 1e-2);
}

TEST(PackedAttention, drops_the_same_weights_forward_and_backward) {
  expect_consistent_dropout({6, 6, 5});
  expect_consistent_dropout({400});
}

void expect_the_same_on_any_threads(const std::vector<std::int64_t>& lengths, double dropout) {
  const int before = at::get_num_threads();
  torch::manual_seed(6);
  const c10::InferenceMode inference;
  const auto layout = layout_of(lengths);
  const auto qkv = at::randn({layout.tokens, 96});
  std::vector<torch::Tensor> results;
  for (const int threads : {1, 2, 3, 8}) {
    at::set_num_threads(threads);
    torch::manual_seed(7);
    results.push_back(packed_attention(qkv, layout, 4, dropout));
  }
  at::set_num_threads(before);
  for (const auto& result : results) EXPECT_TRUE(at::equal(results[0], result));
  if (dropout == 0) EXPECT_LT(difference(results[0], by_formula(qkv.to(torch::kFloat64), layout, 4)), 1e-5);
}

TEST(PackedAttention, is_the_same_whatever_the_number_of_threads) {
  expect_the_same_on_any_threads(std::vector<std::int64_t>(40, 50), 0.1);
  expect_the_same_on_any_threads(std::vector<std::int64_t>(40, 50), 0.0);
  expect_the_same_on_any_threads({1500, 700}, 0.0);  // of which threads share a head
}

}  // namespace
}  // namespace biodta::model
