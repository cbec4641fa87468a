// The adapter's shapes other than the paper's, against formulas written out in double.
#include "fixtures.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/equal.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/log1p.h>

#include <cmath>
#include <fstream>
#include <map>
#include <tuple>

namespace biodta::model {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using namespace biodta::model::testing;

constexpr std::int64_t kRowSize = 6;
constexpr std::int64_t kInside = 10;
const std::vector<Activation> kActivations{Activation::kSoftplus, Activation::kRelu, Activation::kGelu,
                                           Activation::kNone};

ModelConfig adapter_config(Activation activation, std::int64_t hidden_size) {
  auto config = small_config(kRowSize);
  config.embedding.input_map = InputMap::kStandardised;
  config.embedding.activation = activation;
  config.embedding.hidden_size = hidden_size;
  return config;
}

MaskedLanguageModel adapter_model(Activation activation, std::int64_t hidden_size) {
  MaskedLanguageModel model(adapter_config(activation, hidden_size));
  model->initialise(5);
  model->fit_input_map(small_rows(kRowSize));
  model->eval();
  const torch::NoGradGuard no_gradient;
  for (auto& parameter : model->named_parameters()) {  // biases of zero would hide their use
    if (parameter.key().find("adapter") != std::string::npos && parameter.key().ends_with("bias"))
      parameter.value().copy_(at::arange(parameter.value().numel()) * 0.1 - 0.3);
  }
  return model;
}

torch::Tensor written_out(const torch::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kSoftplus:
      return at::log1p(x.exp());
    case Activation::kRelu:
      return x * (x > 0);
    case Activation::kGelu:
      return x * 0.5 * (1.0 + at::erf(x / std::sqrt(2.0)));
    case Activation::kNone:
      return x;
  }
  return {};
}

/// The adapter's parameters by their short names, as leaves in double.
std::map<std::string, torch::Tensor> leaves_of(const MaskedLanguageModel& model) {
  const std::string prefix = "bert.embeddings.";
  std::map<std::string, torch::Tensor> leaves;
  for (const auto& parameter : model->named_parameters()) {
    if (parameter.key().starts_with(prefix + "adapter"))
      leaves[parameter.key().substr(prefix.size())] =
          parameter.value().detach().to(torch::kFloat64).requires_grad_();
  }
  return leaves;
}

torch::Tensor formula(const std::map<std::string, torch::Tensor>& leaves, const torch::Tensor& rows_UE,
                      Activation activation) {
  const auto reference = small_rows(kRowSize).to(torch::kFloat64);
  const auto mean = reference.mean(0);
  auto z = (rows_UE.to(torch::kFloat64) - mean) / (reference - mean).square().mean(0).sqrt();
  for (const std::string layer : {"adapter_hidden", "adapter"}) {
    if (!leaves.contains(layer + ".weight")) continue;
    z = written_out(z.matmul(leaves.at(layer + ".weight").t()) + leaves.at(layer + ".bias"), activation);
  }
  return z;
}

TEST(Adapter, of_every_activation_with_and_without_a_layer_inside_is_its_formula) {
  const auto rows = at::randn({17, kRowSize}) * 4.0;
  for (const auto activation : kActivations) {
    for (const std::int64_t hidden_size : {std::int64_t{0}, kInside}) {
      auto model = adapter_model(activation, hidden_size);
      EXPECT_EQ(leaves_of(model).size(), hidden_size > 0 ? 4U : 2U);
      EXPECT_LT(difference(model->adapt(rows), formula(leaves_of(model), rows, activation)), 1e-5)
          << static_cast<int>(activation) << " " << hidden_size;
    }
  }
}

TEST(Adapter, has_the_gradients_of_its_formula_in_both_layers) {
  const auto rows = at::randn({17, kRowSize}) * 2.0;
  const auto weight = at::randn({17, 16});
  for (const auto activation : kActivations) {
    auto model = adapter_model(activation, kInside);
    (model->adapt(rows) * weight).sum().backward();
    const auto leaves = leaves_of(model);
    (formula(leaves, rows, activation) * weight).sum().backward();
    const auto parameters = model->named_parameters();
    for (const auto& [name, leaf] : leaves) {
      const auto& gradient = parameters["bert.embeddings." + name].grad();
      ASSERT_TRUE(gradient.defined()) << name;
      EXPECT_GT(leaf.grad().abs().max().item<double>(), 0.1) << name;
      EXPECT_LT(difference(gradient, leaf.grad()), 1e-4) << name << " " << static_cast<int>(activation);
    }
  }
}

TEST(Adapter, of_rows_of_two_kinds_is_the_sum_of_an_adapter_for_each) {
  const TemporaryFolder folder;
  auto config = adapter_config(Activation::kSoftplus, kInside);
  config.row_parts = {4, 2};
  MaskedLanguageModel model(config);
  model->initialise(5);
  const auto reference = small_rows(kRowSize);
  model->fit_input_map(reference);
  const auto rows = at::randn({7, kRowSize});
  const auto leaves = leaves_of(model);
  EXPECT_EQ(leaves.at("adapter_hidden_2.weight").sizes(), torch::IntArrayRef({kInside, 2}));
  torch::Tensor sum = at::zeros({7, 16}, torch::kFloat64);
  for (const auto& [suffix, first, size] : {std::tuple{std::string(), 0, 4}, {std::string("_2"), 4, 2}}) {
    const auto known = reference.to(torch::kFloat64).narrow(1, first, size);
    auto z = rows.to(torch::kFloat64).narrow(1, first, size) - known.mean(0);
    z = z / (known - known.mean(0)).square().mean(0).sqrt();
    for (const auto& layer : {"adapter_hidden" + suffix, "adapter" + suffix})
      z = at::log1p((z.matmul(leaves.at(layer + ".weight").t()) + leaves.at(layer + ".bias")).exp());
    sum += z;
  }
  EXPECT_LT(difference(model->adapt(rows), sum), 1e-5);
  save_model(model, folder.path());
  auto back = load_model(folder.path());
  EXPECT_TRUE(at::equal(model->adapt(rows), back->adapt(rows)));
  EXPECT_TRUE(at::equal(model->map_rows(rows), back->map_rows(rows)));
}

TEST(Adapter, whose_parts_are_no_row_is_refused) {
  auto config = adapter_config(Activation::kSoftplus, 0);
  config.row_parts = {4, 3};
  expect_error<ConfigError>([&] { MaskedLanguageModel model(config); },
                            {"row_parts add up to 7", "the 6 values"});
}

TEST(Adapter, with_a_layer_inside_comes_back_from_its_files_as_it_was) {
  const TemporaryFolder folder;
  auto model = adapter_model(Activation::kGelu, kInside);
  save_model(model, folder.path());
  auto back = load_model(folder.path());
  EXPECT_EQ(back->config().embedding.activation, Activation::kGelu);
  EXPECT_EQ(back->config().embedding.hidden_size, kInside);
  const auto rows = at::randn({5, kRowSize});
  EXPECT_TRUE(at::equal(model->adapt(rows), back->adapt(rows)));
  const auto tensors = weights::read_tensors(folder / "model.safetensors").tensors;
  EXPECT_EQ(tensors.at("bert.embeddings.adapter_hidden.weight").sizes(),
            torch::IntArrayRef({kInside, kRowSize}));
  EXPECT_EQ(tensors.at("bert.embeddings.adapter.weight").sizes(), torch::IntArrayRef({16, kInside}));
}

TEST(Adapter, of_a_file_that_does_not_say_is_the_papers) {
  // This config.json was written before there was a choice.
  const auto config = read_model_config(fixture("bert") / "adapter" / "config.json");
  EXPECT_EQ(config.embedding.kind, TokenEmbedding::kAdapter);
  EXPECT_EQ(config.embedding.activation, Activation::kSoftplus);
  EXPECT_EQ(config.embedding.hidden_size, 0);
}

TEST(Adapter, starts_with_one_over_the_root_of_each_layers_inputs) {
  auto config = small_config(400);
  config.embedding.hidden_size = 100;
  MaskedLanguageModel model(config);
  model->initialise(1);
  const auto parameters = model->named_parameters();
  EXPECT_NEAR(parameters["bert.embeddings.adapter_hidden.weight"].std().item<double>(), 0.05, 1e-3);
  EXPECT_NEAR(parameters["bert.embeddings.adapter.weight"].std().item<double>(), 0.1, 1e-2);
}

TEST(Adapter, settings_are_read_from_yaml_and_refused_for_a_table) {
  const TemporaryFolder folder;
  std::ofstream(folder / "model.yaml") << "embedding: {activation: relu, hidden_size: 12}\n";
  auto config = small_config(kRowSize);
  support::read_options(config, folder / "model.yaml");
  EXPECT_EQ(config.embedding.activation, Activation::kRelu);
  EXPECT_EQ(config.embedding.hidden_size, 12);
  EXPECT_NO_THROW(validate(config));
  config.embedding.hidden_size = -1;
  expect_error<ConfigError>([&] { validate(config); }, {"embedding.hidden_size is -1"});
  auto table = small_config(0);
  table.embedding.activation = Activation::kGelu;
  expect_error<ConfigError>([&] { validate(table); }, {"embedding.activation", "kind: adapter"});
  table = small_config(0);
  table.embedding.hidden_size = 4;
  expect_error<ConfigError>([&] { validate(table); }, {"embedding.hidden_size"});
}

}  // namespace
}  // namespace biodta::model
