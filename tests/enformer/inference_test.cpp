// The tiled network of inference against the plain network of training, which itself equals enformer-pytorch
// (enformer_test.cpp).
#include "../../src/enformer/tiles.hpp"
#include "fixtures.hpp"

#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/model_folder.hpp>

#include <ATen/ops/_fused_adamw.h>
#include <torch/autograd.h>

#include <random>
#include <string>

namespace biodta::enformer {
namespace {

using testing::fixture;
using testing::relative_difference;

std::string random_dna(std::size_t length, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string dna(length, 'N');
  for (char& base : dna) base = "ACGT"[random() % 4];
  return dna;
}

/// A network with all weights random, batch statistics included.
Enformer random_network(EnformerConfig config, std::uint64_t seed = 1) {
  Enformer model(std::move(config));
  model->initialise(seed);
  const torch::NoGradGuard no_grad;
  torch::manual_seed(static_cast<std::int64_t>(seed));
  for (auto& item : model->named_parameters()) {
    if (item.key().ends_with("to_out.weight")) item.value().normal_(0, 0.1);
  }
  for (auto& item : model->named_buffers()) {
    if (item.key().ends_with("running_mean")) item.value().normal_(0, 0.3);
    if (item.key().ends_with("running_var")) item.value().uniform_(0.3, 2.0);
  }
  model->eval();
  return model;
}

EnformerConfig long_config() {
  EnformerConfig config;
  config.dim = 24;
  config.depth = 2;
  config.heads = 2;
  config.key_size = 8;
  config.num_downsamples = 4;
  config.dim_divisible_by = 4;
  config.window = 8192;
  config.target_length = 300;
  config.heads_out = {{"human", 5}};
  return config;
}

/// With gradients on, the network is the plain one.
torch::Tensor plain_embeddings(Enformer& model, const torch::Tensor& one_hot_B4L) {
  return model->embeddings(one_hot_B4L).detach();
}

TEST(Inference, tile_by_tile_is_the_plain_network) {
  auto model = random_network(long_config());
  std::vector<layers::Stage*> stages;
  for (const auto& module : model->modules()) {
    if (auto* stage = dynamic_cast<layers::Stage*>(module.get())) stages.push_back(stage);
  }
  ASSERT_EQ(stages.size(), 4U);
  for (const std::size_t length : {8192, 8191, 4801, 5000}) {
    const auto input = one_hot(std::vector<std::string>{random_dna(length, 1), random_dna(length, 2)});
    const auto plain = plain_embeddings(model, input);
    const torch::NoGradGuard no_grad;
    EXPECT_LT(relative_difference(model->embeddings(input), plain), 1e-5) << length;
    // One window a tile, several windows a tile, parts of a window a tile, one pair a tile.
    const Interval bins{0, model->bins_of(static_cast<std::int64_t>(length))};
    for (const std::int64_t size : {1 << 30, 24 * 6000, 24 * 700, 1}) {
      if (size == 1 && length != 4801) continue;  // slow
      const auto rows = layers::run_stages(stages, input.transpose(1, 2), bins, size);
      EXPECT_LT(relative_difference(model->attend(model->project(rows)), plain), 1e-5)
          << length << " by " << size;
    }
  }
}

TEST(Inference, without_attention_or_crop_is_the_plain_network) {
  auto config = long_config();
  config.depth = 0;
  config.target_length = -1;
  auto model = random_network(config);
  const auto input = one_hot(std::vector<std::string>{random_dna(8192, 3)});
  const auto plain = plain_embeddings(model, input);
  const torch::NoGradGuard no_grad;
  EXPECT_LT(relative_difference(model->embeddings(input), plain), 1e-5);
}

TEST(Inference, of_a_network_made_in_inference_mode_is_the_plain_network) {
  auto plain_model = random_network(long_config());
  const auto input = one_hot(std::vector<std::string>{random_dna(8192, 7)});
  const auto plain = plain_embeddings(plain_model, input);
  const c10::InferenceMode inference;
  auto model = random_network(long_config());
  EXPECT_LT(relative_difference(model->embeddings(input), plain), 1e-5);
}

TEST(Inference, of_some_bins_is_that_of_all) {
  const torch::NoGradGuard no_grad;
  auto model = random_network(long_config());
  const auto input = one_hot(std::vector<std::string>{random_dna(8192, 4), random_dna(8192, 5)});
  const auto all = model->convolve(input, {0, 512});
  for (const auto& [first, end] :
       {std::pair{0, 1}, {0, 7}, {1, 2}, {3, 200}, {509, 512}, {511, 512}, {100, 300}}) {
    EXPECT_LT(relative_difference(model->convolve(input, {first, end}), all.narrow(1, first, end - first)),
              1e-5)
        << first << " to " << end;
  }
}

/// Bins whose row moves when one base is another: found by trying, against the arithmetic.
TEST(Inference, bins_that_see_a_base_are_those_that_move_with_it) {
  const torch::NoGradGuard no_grad;
  auto model = random_network(long_config());
  const auto dna = random_dna(8192, 6);
  const auto rows = model->convolve(one_hot(std::vector<std::string>{dna}), {0, 512});
  for (const std::int64_t at : {0, 1, 8, 17, 100, 4095, 4096, 8184, 8191}) {
    auto changed = dna;
    changed[static_cast<std::size_t>(at)] = dna[static_cast<std::size_t>(at)] == 'A' ? 'C' : 'A';
    const auto moved = model->convolve(one_hot(std::vector<std::string>{changed}), {0, 512});
    const auto bins = (moved != rows).any(2).squeeze(0).nonzero();
    const auto expected = model->bins_that_see({at, at + 1}, 8192);
    EXPECT_EQ(bins.min().item<std::int64_t>(), expected.first) << at;
    EXPECT_EQ(bins.max().item<std::int64_t>() + 1, expected.end) << at;
  }
}

TEST(Inference, of_the_published_sizes_a_base_is_seen_by_five_or_six_bins) {
  EnformerConfig config;
  config.dim = 24;  // what a bin sees does not depend on the widths
  config.heads = 4;
  config.dim_divisible_by = 2;
  config.depth = 0;
  config.heads_out = {{"human", 1}};
  const Enformer model(config);
  int five = 0, six = 0;
  for (std::int64_t at = 98304; at < 98304 + 512; ++at) {
    const auto bins = model->bins_that_see({at, at + 1}, config.window).size();
    five += bins == 5;
    six += bins == 6;
  }
  EXPECT_EQ(five, 488);
  EXPECT_EQ(six, 24);
}

TEST(Inference, in_bfloat16_is_near_float32) {
  const torch::NoGradGuard no_grad;
  auto model = random_network(long_config());
  const auto input = one_hot(std::vector<std::string>{random_dna(8192, 7)});
  const auto exact = model->embeddings(input);
  model->set_compute_type(torch::kBFloat16);
  EXPECT_EQ(model->compute_type(), torch::kBFloat16);
  const auto rounded = model->embeddings(input);
  EXPECT_EQ(rounded.scalar_type(), torch::kBFloat16);
  EXPECT_LT(relative_difference(rounded, exact), 0.03);
  for (const auto& buffer : model->named_buffers()) {
    if (buffer.key().ends_with("running_var")) {
      EXPECT_EQ(buffer.value().scalar_type(), torch::kFloat32);
    }
  }
}

TEST(Inference, follows_weights_that_change_between_two_passes) {
  auto model = random_network(long_config());
  const auto input = one_hot(std::vector<std::string>{random_dna(8192, 8)});
  {
    const torch::NoGradGuard no_grad;
    model->embeddings(input);
    for (auto& item : model->named_parameters()) {
      if (item.key().ends_with(".2.weight")) item.value().mul_(1.5);
    }
  }
  const auto plain = plain_embeddings(model, input);
  const torch::NoGradGuard no_grad;
  EXPECT_LT(relative_difference(model->embeddings(input), plain), 1e-5);
}

/// The fused step writes weights without raising their versions.
TEST(Inference, follows_weights_that_a_fused_optimizer_changes) {
  auto model = random_network(long_config());
  const auto input = one_hot(std::vector<std::string>{random_dna(8192, 9)});
  const auto evaluate = [&] {
    model->eval();
    const torch::NoGradGuard no_grad;
    return model->embeddings(input);
  };
  const auto before = evaluate();
  model->train();
  std::vector<torch::Tensor> parameters = model->parameters(), gradients, means, squares, steps;
  for (const auto& parameter : parameters) {
    gradients.push_back(torch::ones_like(parameter));
    means.push_back(torch::zeros_like(parameter));
    squares.push_back(torch::zeros_like(parameter));
    steps.push_back(torch::ones({}));
  }
  {
    const torch::NoGradGuard no_grad;
    at::_fused_adamw_(parameters, gradients, means, squares, {}, steps, 0.05, 0.9, 0.999, 0.0, 1e-8, false,
                      false);
  }
  const auto after = evaluate();
  EXPECT_GT(relative_difference(after, before), 1e-3);
  EXPECT_LT(relative_difference(after, plain_embeddings(model, input)), 1e-5);
}

TEST(Inference, keeps_heads_in_float32) {
  auto model = random_network(long_config());
  const torch::NoGradGuard no_grad;
  const auto input = one_hot(std::vector<std::string>{random_dna(8192, 10)});
  const auto exact = model->forward(input, "human");
  model->set_compute_type(torch::kBFloat16);
  const auto rounded = model->forward(input, "human");
  EXPECT_EQ(rounded.scalar_type(), torch::kFloat32);
  EXPECT_LT(relative_difference(rounded, exact), 0.03);
}

}  // namespace
}  // namespace biodta::enformer
