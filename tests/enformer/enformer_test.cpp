#include "fixtures.hpp"

#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/model_folder.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>

#include <cmath>
#include <string>

namespace biodta::enformer {
namespace {

using biodta::testing::expect_error;
using testing::expected;
using testing::fixture;
using testing::relative_difference;
using testing::windows_of;

void expect_the_peers_outputs(Enformer model, const weights::NamedTensors& numbers,
                              const std::string& prefix) {
  const torch::NoGradGuard no_grad;
  const auto embeddings = model->embeddings(one_hot(windows_of(numbers.at(prefix + "bases"))));
  EXPECT_LT(relative_difference(embeddings, numbers.at(prefix + "embeddings")), 1e-5) << prefix;
  EXPECT_GE(embeddings.min().item<double>(), -0.16362);
  for (const auto& [head, tracks] : model->config().heads_out) {
    EXPECT_LT(relative_difference(model->predict(embeddings, head), numbers.at(prefix + "head." + head)),
              1e-5)
        << prefix << head;
  }
}

TEST(Enformer, equals_enformer_pytorch_in_embeddings_and_heads) {
  expect_the_peers_outputs(load_enformer(fixture("enformer") / "quickstart"), expected("quickstart"), "");
  expect_the_peers_outputs(load_enformer(fixture("enformer") / "small"), expected("small"), "");
}

TEST(Enformer, equals_enformer_pytorch_where_pools_and_crops_meet_odd_lengths) {
  const auto model = load_enformer(fixture("enformer") / "small");
  expect_the_peers_outputs(model, expected("small"), "odd_pool.");
  expect_the_peers_outputs(model, expected("small"), "odd_crop.");
}

/// The small fixture's model without dropout, in train mode.
Enformer deterministic_in_training() {
  const auto folder = fixture("enformer") / "small";
  auto config = read_enformer_config(folder / "config.json");
  config.dropout = config.attention_dropout = config.position_dropout = 0;
  Enformer model(config);
  weights::load_state(*model, weights::state_of(*load_enformer(folder)), folder);
  model->train();
  return model;
}

TEST(Enformer, has_enformer_pytorchs_gradients_and_running_statistics_in_training) {
  const auto numbers = expected("small");
  auto model = deterministic_in_training();
  const auto predicted = model->forward(one_hot(windows_of(numbers.at("bases"))), "human");
  const auto loss = (predicted - numbers.at("training.target") * torch::log(predicted)).mean();
  EXPECT_NEAR(loss.item<double>(), numbers.at("training.loss").item<double>(), 1e-5);
  loss.backward();
  double largest = 0;
  for (const auto& [name, tensor] : numbers) {
    if (name.starts_with("gradient.")) largest = std::max(largest, tensor.abs().max().item<double>());
  }
  std::size_t compared = 0;
  for (const auto& parameter : model->named_parameters()) {
    const auto gradient = numbers.find("gradient." + parameter.key());
    if (gradient == numbers.end()) continue;  // the other head
    const auto difference = (parameter.value().grad() - gradient->second).abs().max().item<double>();
    // Some gradients are zero but for rounding (a bias before a batch norm), so the scale is that of all.
    EXPECT_LT(difference, 1e-4 * gradient->second.abs().max().item<double>() + 1e-6 * largest)
        << parameter.key();
    ++compared;
  }
  EXPECT_EQ(compared, model->named_parameters().size() - 2);
  for (const auto& buffer : model->named_buffers()) {
    const auto updated = numbers.find("updated." + buffer.key());
    if (updated == numbers.end()) continue;
    EXPECT_LT(relative_difference(buffer.value(), updated->second), 1e-5) << buffer.key();
  }
}

TEST(Enformer, gives_the_same_for_a_window_whoever_shares_its_batch) {
  const torch::NoGradGuard no_grad;
  auto model = load_enformer(fixture("enformer") / "small");
  const auto windows = windows_of(expected("small").at("bases"));
  const auto together = model->embeddings(one_hot(windows));
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto alone = model->embeddings(one_hot(std::span(windows).subspan(i, 1)));
    EXPECT_LT(relative_difference(alone[0], together[static_cast<std::int64_t>(i)]), 1e-5);
  }
}

TEST(Enformer, drops_out_in_training_only) {
  auto config = read_enformer_config(fixture("enformer") / "small/config.json");
  Enformer model(config);
  model->initialise(1);
  const auto input = one_hot(windows_of(expected("small").at("bases")));
  model->train();
  EXPECT_FALSE(torch::equal(model->embeddings(input), model->embeddings(input)));
  model->eval();
  EXPECT_TRUE(torch::equal(model->embeddings(input), model->embeddings(input)));
}

TEST(Enformer, draws_its_initial_weights_from_the_seed_alone) {
  const auto config = read_enformer_config(fixture("enformer") / "small/config.json");
  Enformer first(config), second(config), other(config);
  first->initialise(7);
  torch::manual_seed(99);
  second->initialise(7);
  other->initialise(8);
  const auto state = weights::state_of(*first), same = weights::state_of(*second),
             differs = weights::state_of(*other);
  for (const auto& [name, tensor] : state) EXPECT_TRUE(torch::equal(tensor, same.at(name))) << name;
  EXPECT_FALSE(torch::equal(state.at("stem.0.weight"), differs.at("stem.0.weight")));
  // Uniform within 1/sqrt(4 × 15), so with variance 1/(3 × 60).
  EXPECT_LE(state.at("stem.0.weight").abs().max().item<double>(), 1 / std::sqrt(60.0));
  EXPECT_NEAR(state.at("stem.0.weight").var().item<double>() * 180, 1.0, 0.2);
  EXPECT_TRUE(torch::equal(state.at("stem.2.to_attn_logits.weight").squeeze(), 2 * torch::eye(6)));
  EXPECT_EQ(state.at("transformer.0.0.fn.1.to_out.weight").abs().max().item<double>(), 0);
  EXPECT_GT(state.at("transformer.0.0.fn.1.rel_pos_bias").abs().max().item<double>(), 0);
}

TEST(Enformer, names_the_heads_that_it_has) {
  auto model = load_enformer(fixture("enformer") / "small");
  expect_error<ConfigError>(
      [&] {
        model->predict(torch::zeros({1, 16, 24}), "rat");
      },
      {"rat", "human", "mouse"});
}

TEST(Enformer, crops_as_enformer_pytorch_does) {
  EXPECT_EQ(cropped_bins(1536, 896), 896);
  EXPECT_EQ(cropped_bins(193, 128), 127);
  EXPECT_EQ(cropped_bins(20, 20), 20);
  EXPECT_EQ(cropped_bins(20, -1), 20);
  expect_error<ConfigError>([] { cropped_bins(10, 16); }, {"16", "10"});
}

}  // namespace
}  // namespace biodta::enformer
