#include "small_enformer.hpp"
#include "testing.hpp"

#include <biodta/distributed/communicator.hpp>
#include <biodta/support/error.hpp>
#include <biodta/training/optimizer.hpp>
#include <biodta/training/trained_parts.hpp>
#include <biodta/weights/state.hpp>

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <set>
#include <string>

namespace biodta::training {
namespace {

using biodta::testing::expect_error;

enformer::Enformer two_heads() {
  auto config = biodta::testing::small_enformer_config();
  config.depth = 2;
  config.heads_out = {{"planted", 2}, {"other", 3}};
  return biodta::testing::small_enformer_model(config);
}

torch::Tensor some_windows() {
  torch::manual_seed(4);
  return torch::one_hot(torch::randint(4, {5, biodta::testing::kSmallWindow}), 4)
      .transpose(1, 2)
      .to(torch::kFloat32);
}

/// One optimizer step with much weight decay; which parameters and buffers it changed.
std::set<std::string> changed_by_a_step(const TrainableOptions& options, std::size_t& optimizer_tensors) {
  auto model = two_heads();
  TrainedParts parts(model, "planted", options);
  const auto before = weights::state_of(*model);
  FusedAdam optimizer(*model, {.learning_rate = 0.1, .weight_decay = 0.5, .decay_norms_and_biases = true});
  optimizer_tensors = optimizer.state().size();
  parts.set_training();
  // Attention outputs start at zero, which hides the transformer from the first gradient: twice.
  for (int step = 0; step < 2; ++step) {
    for (auto& parameter : model->parameters()) parameter.mutable_grad().reset();
    parts.predict(some_windows()).square().sum().backward();
    optimizer.step(0.1, {});
  }
  std::set<std::string> changed;
  for (const auto& [name, tensor] : weights::state_of(*model)) {
    if (!torch::equal(tensor, before.at(name))) changed.insert(name);
  }
  return changed;
}

bool is_statistic(const std::string& name) {
  return name.find("running_") != std::string::npos || name.find("num_batches") != std::string::npos;
}

/// Parameters of the model by whether their name begins with one of `prefixes`, statistics by `statistics`.
std::set<std::string> names_with(std::initializer_list<std::string_view> prefixes, bool statistics) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : weights::state_of(*two_heads())) {
    for (const auto prefix : prefixes) {
      if (name.starts_with(prefix) && (statistics || !is_statistic(name))) names.insert(name);
    }
  }
  return names;
}

TEST(TrainedParts, TrainsAllButTheOtherHeads) {
  std::size_t tensors = 0;
  const auto changed = changed_by_a_step({.keep_batch_statistics = false}, tensors);
  const auto expected =
      names_with({"stem", "conv_tower", "transformer", "final_pointwise", "_heads.planted"}, true);
  EXPECT_EQ(changed, expected);
}

TEST(TrainedParts, KeepsBatchStatisticsWhereAskedTo) {
  std::size_t tensors = 0;
  const auto changed = changed_by_a_step({.keep_batch_statistics = true}, tensors);
  EXPECT_EQ(changed,
            names_with({"stem", "conv_tower", "transformer", "final_pointwise", "_heads.planted"}, false));
}

TEST(TrainedParts, TrainsTheLastBlocksAndWhatFollows) {
  std::size_t tensors = 0;
  const auto changed = changed_by_a_step({Trainable::kLastBlocks, 1, false}, tensors);
  EXPECT_EQ(changed, names_with({"transformer.1.", "final_pointwise", "_heads.planted"}, true));
}

TEST(TrainedParts, OfAHeadAloneTheOptimizerHoldsNothingElse) {
  std::size_t tensors = 0;
  const auto changed = changed_by_a_step({Trainable::kHead, 1, false}, tensors);
  EXPECT_EQ(changed, (std::set<std::string>{"_heads.planted.0.bias", "_heads.planted.0.weight"}));
  EXPECT_EQ(tensors, 6U);
}

TEST(TrainedParts, FrozenPartsDropNothingOutWhileTheyTrain) {
  auto model = two_heads();
  model->eval();
  const auto expected = model->forward(some_windows(), "planted");
  TrainedParts parts(model, "planted", {Trainable::kHead, 1, true});
  parts.set_training();
  EXPECT_TRUE(torch::equal(parts.predict(some_windows()), expected));
  TrainedParts all(model, "planted", {.keep_batch_statistics = true});
  all.set_training();
  EXPECT_FALSE(torch::allclose(all.predict(some_windows()), expected));
}

TEST(TrainedParts, RefusesHeadsAndBlocksThatThereAreNot) {
  expect_error<ConfigError>([] { TrainedParts(two_heads(), "human", {}); }, {"human", "planted and other"});
  expect_error<ConfigError>(
      [] {
        TrainedParts(two_heads(), "planted", {Trainable::kLastBlocks, 3, true});
      },
      {"trainable_blocks", "3", "2 transformer blocks"});
}

/// Ranks of which the other one has the same numbers, times three.
class TripleEcho : public distributed::Communicator {
 public:
  int rank() const noexcept override { return 0; }
  int size() const noexcept override { return 2; }
  torch::Device device() const noexcept override { return torch::kCPU; }
  void all_reduce_sum(torch::Tensor& tensor) override {
    ++calls;
    tensor.mul_(4);
  }
  void broadcast(std::span<torch::Tensor>, int) override {}
  void barrier() override {}
  int calls = 0;
};

TEST(TrainedParts, AveragesOverRanksOnlyTheStatisticsThatLearn) {
  auto model = two_heads();
  const auto before = weights::state_of(*model);
  TripleEcho ranks;
  TrainedParts last(model, "planted", {Trainable::kLastBlocks, 1, false});
  last.set_training();
  last.average_statistics(ranks);
  for (const auto& [name, tensor] : weights::state_of(*model)) {
    const bool learns = name.starts_with("final_pointwise") && name.find("running_") != std::string::npos;
    EXPECT_TRUE(torch::equal(tensor, learns ? 2 * before.at(name) : before.at(name))) << name;
  }
  EXPECT_EQ(ranks.calls, 1);
  TrainedParts kept(model, "planted", {.keep_batch_statistics = true});
  kept.set_training();
  kept.average_statistics(ranks);
  EXPECT_EQ(ranks.calls, 1);
}

}  // namespace
}  // namespace biodta::training
