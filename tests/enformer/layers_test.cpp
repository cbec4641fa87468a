// The identities that make the network fast, each against the plain formula, forwards and backwards.
#include "../../src/enformer/layers.hpp"

#include "../../src/enformer/transformer.hpp"
#include "fixtures.hpp"

#include <torch/csrc/autograd/autograd.h>

namespace biodta::enformer::layers {
namespace {

using enformer::testing::relative_difference;

torch::Tensor variable(torch::IntArrayRef shape) {
  return torch::randn(shape, torch::kFloat64).requires_grad_();
}

TEST(Layers, gelu_is_x_times_the_sigmoid_of_1702_thousandths_x_with_its_gradient) {
  torch::manual_seed(1);
  const auto x = variable({50}), upstream = torch::randn({50}, torch::kFloat64);
  const auto fused = enformer_gelu(x), plain = x * torch::sigmoid(1.702 * x);
  EXPECT_LT(relative_difference(fused, plain), 1e-12);
  const auto fused_gradient = torch::autograd::grad({fused}, {x}, {upstream})[0];
  const auto plain_gradient = torch::autograd::grad({plain}, {x}, {upstream})[0];
  EXPECT_LT(relative_difference(fused_gradient, plain_gradient), 1e-12);
}

TEST(Layers, relative_shift_takes_the_column_of_the_distance) {
  torch::manual_seed(2);
  for (const std::int64_t bins : {1, 2, 5}) {
    const auto logits = torch::randn({2, 3, bins, 2 * bins - 1});
    const auto shifted = relative_shift(logits);
    ASSERT_EQ(shifted.sizes(), (std::vector<std::int64_t>{2, 3, bins, bins}));
    for (std::int64_t i = 0; i < bins; ++i) {
      for (std::int64_t j = 0; j < bins; ++j) {
        EXPECT_TRUE(
            torch::equal(shifted.select(2, i).select(2, j), logits.select(2, i).select(2, j - i + bins - 1)));
      }
    }
  }
}

/// enformer-pytorch's pool: softmax over the two of a channel-mixing map.
torch::Tensor plain_pool(const torch::Tensor& x_BC1L, const torch::Tensor& weight) {
  const auto pairs_BCN2 = x_BC1L.squeeze(2).reshape({x_BC1L.size(0), x_BC1L.size(1), -1, 2});
  return (pairs_BCN2 * torch::softmax(torch::conv2d(pairs_BCN2, weight), -1)).sum(-1).unsqueeze(2);
}

TEST(Layers, pool_by_a_sigmoid_of_the_difference_is_the_softmax_over_the_pair) {
  torch::manual_seed(3);
  AttentionPool pool(6);
  pool->to(torch::kFloat64);
  auto weight = pool->parameters()[0];
  {
    const torch::NoGradGuard no_grad;
    weight.normal_();
  }
  const auto x = variable({2, 6, 1, 10}), upstream = torch::randn({2, 6, 1, 5}, torch::kFloat64);
  const auto ours = pool->forward(x), plain = plain_pool(x, weight);
  EXPECT_LT(relative_difference(ours, plain), 1e-12);
  const auto our_gradients = torch::autograd::grad({ours}, {x, weight}, {upstream});
  const auto plain_gradients = torch::autograd::grad({plain}, {x, weight}, {upstream});
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_LT(relative_difference(our_gradients[i], plain_gradients[i]), 1e-12);
}

}  // namespace
}  // namespace biodta::enformer::layers
