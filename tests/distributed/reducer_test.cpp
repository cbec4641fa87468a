#include "ranks.hpp"
#include "testing.hpp"

#include <biodta/distributed/reducer.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/matmul.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <vector>

namespace biodta::distributed {
namespace {

/// Gradients of both steps of ranks.cpp's scenario as plain means over ranks, by one process without a
/// reducer.
std::vector<double> expected_gradients(int ranks) {
  torch::manual_seed(1);  // the first rank's parameters
  std::vector<torch::Tensor> parameters{torch::randn({3, 4}), torch::randn({4}), torch::randn({4, 2})};
  for (auto& parameter : parameters) parameter.requires_grad_();
  std::vector<double> values;
  for (int step = 0; step < 2; ++step) {
    for (auto& parameter : parameters) parameter.mutable_grad().reset();
    for (int rank = 0; rank < ranks - step; ++rank) {
      for (int micro_batch = 0; micro_batch < 2; ++micro_batch) {
        torch::manual_seed(100 * step + 10 * rank + micro_batch);
        const auto x = torch::randn({6, 3});
        at::matmul(at::matmul(x, parameters[0]).add(parameters[1]).tanh(), parameters[2])
            .pow(2)
            .sum()
            .backward();
      }
    }
    for (const auto& parameter : parameters) {
      const auto mean = parameter.grad().to(torch::kFloat64).div(ranks).flatten().contiguous();
      const double* data = mean.const_data_ptr<double>();
      values.insert(values.end(), data, data + mean.numel());
    }
  }
  return values;
}

void expect_mean_over_ranks(const char* scenario, int ranks) {
  const biodta::testing::TemporaryFolder folder;
  const auto run = biodta::testing::run_ranks(scenario, ranks, folder.path());
  ASSERT_EQ(run.exit_code, 0) << run.errors;
  const auto expected = expected_gradients(ranks);
  for (int rank = 0; rank < ranks; ++rank) {
    const auto found = biodta::testing::values_of_rank(folder.path(), rank);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(found[i], expected[i], 1e-5 * (1 + std::abs(expected[i])))
          << "rank " << rank << ", value " << i;
    }
  }
}

TEST(GradientReducer, TwoRanksGetTheMeanOfOneProcess) {
  expect_mean_over_ranks("reducer", 2);
}

TEST(GradientReducer, ThreeRanksGetTheMeanOfOneProcess) {
  expect_mean_over_ranks("reducer", 3);
}

TEST(GradientReducer, AParameterWithoutAPartInTheLossHoldsNobodyUp) {
  expect_mean_over_ranks("unused", 2);
}

TEST(GradientReducer, AloneItIsPlainBackward) {
  const auto ranks = make_communicator({}, torch::kCPU);
  auto parameter = torch::tensor({2.0F, 3.0F}).requires_grad_();
  GradientReducer reducer({parameter}, *ranks);
  for (int step = 0; step < 2; ++step) {  // twice: gradients are zeroed in between
    reducer.zero_gradients();
    reducer.start(false);
    reducer.backward(parameter.pow(2).sum());
    reducer.start(true);
    reducer.backward({});
    EXPECT_EQ(parameter.grad()[0].item<float>(), 4.0F);
    EXPECT_EQ(parameter.grad()[1].item<float>(), 6.0F);
  }
}

TEST(GradientReducer, WithoutParametersIsRefused) {
  const auto ranks = make_communicator({}, torch::kCPU);
  biodta::testing::expect_error<Error>([&] { GradientReducer({}, *ranks); }, {"no parameter"});
}

}  // namespace
}  // namespace biodta::distributed
