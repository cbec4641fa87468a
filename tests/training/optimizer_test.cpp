#include "testing.hpp"

#include <biodta/support/error.hpp>
#include <biodta/training/optimizer.hpp>
#include <biodta/training/sharded_optimizer.hpp>

#include <gtest/gtest.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/utils.h>

#include <limits>
#include <memory>
#include <vector>

namespace biodta::training {
namespace {

torch::nn::Sequential small_module() {
  torch::manual_seed(3);
  return torch::nn::Sequential(torch::nn::Linear(5, 7),
                               torch::nn::LayerNorm(torch::nn::LayerNormOptions({7})),
                               torch::nn::Linear(7, 2));
}

void backward(torch::nn::Sequential& module, int step) {
  torch::manual_seed(50 + step);
  module->zero_grad();
  module->forward(torch::randn({6, 5})).pow(2).sum().backward();
}

/// Five steps of Bio-DTA's optimizer beside PyTorch's own, which is another implementation (no fused kernel).
template <class Peer, class PeerOptions>
void expect_equal_to_pytorch(const OptimizerOptions& options) {
  auto ours = small_module();
  auto theirs = small_module();
  std::vector<torch::Tensor> decaying;
  std::vector<torch::Tensor> others;
  for (const auto& parameter : theirs->parameters()) {
    (options.decay_norms_and_biases || parameter.dim() >= 2 ? decaying : others).push_back(parameter);
  }
  const auto settings = [&](double decay) {
    return PeerOptions(options.learning_rate)
        .betas({options.beta1, options.beta2})
        .eps(options.epsilon)
        .weight_decay(decay);
  };
  Peer peer_decaying(decaying, settings(options.weight_decay));
  std::unique_ptr<Peer> peer_others;
  if (!others.empty()) peer_others = std::make_unique<Peer>(others, settings(0.0));
  FusedAdam optimizer(*ours, options);
  for (int step = 0; step < 5; ++step) {
    backward(ours, step);
    backward(theirs, step);
    optimizer.step(options.learning_rate, {});
    peer_decaying.step();
    if (peer_others) peer_others->step();
  }
  const auto a = ours->parameters();
  const auto b = theirs->parameters();
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_LT((a[i] - b[i]).abs().max().item<double>(), 1e-6) << "parameter " << i;
  }
}

const OptimizerOptions kUsual{.learning_rate = 0.01, .weight_decay = 0.1};
const OptimizerOptions kUnusual{.learning_rate = 0.02,
                                .beta1 = 0.8,
                                .beta2 = 0.95,
                                .epsilon = 1e-6,
                                .weight_decay = 0.3,
                                .decay_norms_and_biases = true};

OptimizerOptions adam(OptimizerOptions options) {
  options.kind = OptimizerKind::kAdam;
  return options;
}

TEST(AdamW, FiveStepsEqualPyTorchsOwn) {
  expect_equal_to_pytorch<torch::optim::AdamW, torch::optim::AdamWOptions>(kUsual);
}

TEST(AdamW, FiveStepsEqualPyTorchsOwnWhereAllDecay) {
  expect_equal_to_pytorch<torch::optim::AdamW, torch::optim::AdamWOptions>(kUnusual);
}

TEST(Adam, FiveStepsEqualPyTorchsOwn) {
  expect_equal_to_pytorch<torch::optim::Adam, torch::optim::AdamOptions>(adam(kUsual));
}

TEST(Adam, FiveStepsEqualPyTorchsOwnWhereAllDecay) {
  expect_equal_to_pytorch<torch::optim::Adam, torch::optim::AdamOptions>(adam(kUnusual));
}

/// Parameters and state, copied.
std::vector<torch::Tensor> all_of(torch::nn::Sequential& module, const Optimizer& optimizer) {
  std::vector<torch::Tensor> copies;
  for (const auto& parameter : module->parameters()) copies.push_back(parameter.detach().clone());
  for (const auto& [name, tensor] : optimizer.state()) copies.push_back(tensor.clone());
  return copies;
}

TEST(AdamW, ASkippedStepChangesNothingEvenWhereGradientsAreNoNumbers) {
  for (const auto& options : {kUsual, adam(kUsual)}) {
    auto module = small_module();
    FusedAdam optimizer(*module, options);
    backward(module, 0);
    optimizer.step(0.01, torch::tensor(1.0F), torch::tensor(0.0F));
    const auto before = all_of(module, optimizer);
    EXPECT_EQ(optimizer.state().at("0.weight.step").item<float>(), 1.0F);
    backward(module, 1);
    module->parameters()[0].mutable_grad()[0][0] = std::numeric_limits<float>::quiet_NaN();
    optimizer.step(0.01, torch::tensor(std::numeric_limits<float>::infinity()), torch::tensor(1.0F));
    const auto after = all_of(module, optimizer);
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(before[i].equal(after[i])) << i;
    backward(module, 2);
    optimizer.step(0.01, torch::tensor(1.0F), torch::tensor(0.0F));
    EXPECT_FALSE(all_of(module, optimizer)[0].equal(before[0]));
  }
}

TEST(AdamW, TheDivisorDividesTheGradients) {
  auto divided = small_module();
  auto plain = small_module();
  const OptimizerOptions options{.learning_rate = 0.01, .epsilon = 1e-3};
  FusedAdam a(*divided, options);
  FusedAdam b(*plain, options);
  backward(divided, 0);
  backward(plain, 0);
  for (auto& parameter : plain->parameters()) parameter.mutable_grad() = parameter.grad() / 8;
  a.step(0.01, torch::tensor(8.0F));
  b.step(0.01, {});
  for (std::size_t i = 0; i < divided->parameters().size(); ++i) {
    EXPECT_TRUE(divided->parameters()[i].allclose(plain->parameters()[i], 1e-6, 1e-7));
  }
}

TEST(AdamW, ItsStateContinuesInAnotherBitByBit) {
  auto module = small_module();
  FusedAdam optimizer(*module, {.learning_rate = 0.01});
  backward(module, 0);
  optimizer.step(0.01, {});
  auto copy = small_module();
  {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < copy->parameters().size(); ++i)
      copy->parameters()[i].copy_(module->parameters()[i]);
  }
  FusedAdam continued(*copy, {.learning_rate = 0.01});
  weights::NamedTensors saved;
  for (const auto& [name, tensor] : optimizer.state()) saved[name] = tensor.clone();
  EXPECT_TRUE(saved.contains("0.weight.exp_avg"));
  EXPECT_EQ(saved.at("2.bias.step").item<float>(), 1.0F);
  continued.load_state(saved);
  backward(module, 1);
  backward(copy, 1);
  optimizer.step(0.01, {});
  continued.step(0.01, {});
  for (std::size_t i = 0; i < copy->parameters().size(); ++i) {
    EXPECT_TRUE(copy->parameters()[i].equal(module->parameters()[i]));
  }
}

TEST(AdamW, AStateOfAnotherModelIsRefusedByName) {
  auto module = small_module();
  FusedAdam optimizer(*module, {});
  auto state = optimizer.state();
  state["0.weight.exp_avg"] = torch::zeros({2, 2});
  testing::expect_error<CheckpointError>([&] { optimizer.load_state(state); },
                                         {"0.weight.exp_avg", "4", "35"});
  state.erase("0.weight.exp_avg");
  testing::expect_error<CheckpointError>([&] { optimizer.load_state(state); }, {"found 17", "expected 18"});
}

TEST(ShardedAdam, TheLargestParametersGoToTheRankThatHasTheLeast) {
  const std::vector<std::int64_t> sizes{3, 50, 20, 20, 10, 3};
  EXPECT_EQ(assign_owners(sizes, 2), (std::vector<int>{0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(assign_owners(sizes, 1), (std::vector<int>(6, 0)));
  EXPECT_EQ(assign_owners(std::vector<std::int64_t>{5}, 3), (std::vector<int>{0}));
}

TEST(ShardedAdam, AloneItIsFusedAdam) {
  auto module = small_module();
  auto other = small_module();
  const auto ranks = distributed::make_communicator({}, torch::kCPU);
  ShardedAdam sharded(*module, kUsual, *ranks);
  FusedAdam whole(*other, kUsual);
  for (int step = 0; step < 3; ++step) {
    backward(module, step);
    backward(other, step);
    sharded.step(0.01, {});
    whole.step(0.01, {});
    sharded.load_state(sharded.state());
  }
  const auto found = all_of(module, sharded);
  const auto expected = all_of(other, whole);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(found[i].equal(expected[i])) << i;
}

TEST(Optimizer, PeakLearningRateGrowsWithTheRanksWhereAsked) {
  EXPECT_DOUBLE_EQ(peak_learning_rate({.learning_rate = 1e-3}, 4), 1e-3);
  EXPECT_DOUBLE_EQ(peak_learning_rate({.learning_rate = 1e-3, .scale_learning_rate_by_ranks = true}, 4),
                   4e-3);
}

TEST(GradientNorm, IsThatOfAllGradientsAsOneVector) {
  auto module = small_module();
  EXPECT_EQ(gradient_norm(module->parameters()).item<double>(), 0.0);
  backward(module, 0);
  double squares = 0;
  for (const auto& parameter : module->parameters()) {
    squares += parameter.grad().to(torch::kFloat64).pow(2).sum().item<double>();
  }
  EXPECT_NEAR(gradient_norm(module->parameters()).item<double>(), std::sqrt(squares),
              1e-5 * std::sqrt(squares));
}

}  // namespace
}  // namespace biodta::training
