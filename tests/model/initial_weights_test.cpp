#include "fixtures.hpp"

#include <biodta/model/initial_weights.hpp>
#include <biodta/support/random.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>

namespace biodta::model {
namespace {

TEST(InitialWeights, are_normal_with_the_asked_deviation) {
  const auto weights = at::empty({500, 400});
  draw_normal(weights, 1, "weight", 0.3);
  const auto z = weights.to(torch::kFloat64) / 0.3;
  // Moments of 200,000 draws, within five standard errors.
  EXPECT_NEAR(z.mean().item<double>(), 0.0, 5 / std::sqrt(2e5));
  EXPECT_NEAR(z.square().mean().item<double>(), 1.0, 5 * std::sqrt(2 / 2e5));
  EXPECT_NEAR(z.pow(4).mean().item<double>(), 3.0, 5 * std::sqrt(96 / 2e5));
}

TEST(InitialWeights, depend_on_seed_and_name_and_nothing_else) {
  const auto draw = [](std::uint64_t seed, const char* name) {
    const auto weights = at::empty({50});
    draw_normal(weights, seed, name, 1.0);
    return weights;
  };
  EXPECT_TRUE(at::equal(draw(1, "a"), draw(1, "a")));
  EXPECT_FALSE(at::equal(draw(1, "a"), draw(2, "a")));
  EXPECT_FALSE(at::equal(draw(1, "a"), draw(1, "b")));
}

}  // namespace
}  // namespace biodta::model
