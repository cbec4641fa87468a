#include "fixtures.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>

#include <fstream>

namespace biodta::model {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using namespace biodta::model::testing;

void expect_the_peers_outputs(const std::string& name) {
  const auto numbers = reference(name);
  const auto input = batch_of(numbers);
  auto model = load_model(fixture("bert") / name);
  const auto states = model->hidden_states(input, {0, 1, 2, 3});
  for (int layer = 0; layer < 4; ++layer) {
    EXPECT_LT(difference(states[layer], numbers.at("hidden." + std::to_string(layer))), 1e-5)
        << name << " " << layer;
  }
  const auto logits = model->forward(input, numbers.at("masked"));
  EXPECT_LT(difference(logits, numbers.at("logits")), 1e-5) << name;
  EXPECT_NEAR(at::cross_entropy_loss(logits, numbers.at("targets")).item<double>(),
              numbers.at("loss").item<double>(), 1e-5)
      << name;
}

TEST(MaskedLanguageModel, equals_transformers_in_every_hidden_state_logit_and_loss) {
  expect_the_peers_outputs("table");
  expect_the_peers_outputs("adapter");
}

void expect_the_peers_gradients(const std::string& name) {
  const auto numbers = reference(name);
  auto model = load_model(fixture("bert") / name);
  model->train();
  at::cross_entropy_loss(model->forward(batch_of(numbers), numbers.at("masked")), numbers.at("targets"))
      .backward();
  for (const auto& parameter : model->named_parameters()) {
    // Its gradient is zero but for rounding: softmax does not see what is added to all scores alike.
    if (parameter.key().ends_with("self.key.bias")) continue;
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    const auto& expected = numbers.at("gradient." + parameter.key());
    EXPECT_LT(difference(parameter.value().grad(), expected), 1e-4) << name << ": " << parameter.key();
  }
}

TEST(MaskedLanguageModel, equals_transformers_in_every_gradient_of_a_table) {
  expect_the_peers_gradients("table");
}

TEST(MaskedLanguageModel, equals_the_adapter_run_once_per_token_in_every_gradient) {
  expect_the_peers_gradients("adapter");
}

TEST(MaskedLanguageModel, keeps_the_order_of_masked_positions_as_asked) {
  auto model = small_model(6);
  const auto input = random_batch({4, 9, 2, 9, 4}, 6, 3);
  const auto masked = torch::tensor({25, 0, 13, 14, 27, 5}, torch::kInt64);
  const auto last = model->hidden_states(input, {-1})[0];
  EXPECT_LT(difference(model->forward(input, masked), model->score(last.index_select(0, masked))), 1e-5);
}

TEST(MaskedLanguageModel, counts_negative_layers_from_the_end) {
  auto model = small_model(0);
  const auto input = random_batch({3, 5}, 0, 1);
  const auto states = model->hidden_states(input, {-1, 2, -2, 1, -3, 0});
  EXPECT_TRUE(at::equal(states[0], states[1]));
  EXPECT_TRUE(at::equal(states[2], states[3]));
  EXPECT_TRUE(at::equal(states[4], states[5]));
  expect_error<Error>([&] { model->hidden_states(input, {3}); }, {"layer 3", "to 2"});
  expect_error<Error>([&] { model->hidden_states(input, {-4}); }, {"layer -4"});
}

TEST(MaskedLanguageModel, starts_from_the_seed_alone) {
  auto one = small_model(6, 5);
  torch::manual_seed(99);
  auto same = small_model(6, 5);
  auto other = small_model(6, 6);
  const auto other_parameters = other->named_parameters();
  for (const auto& parameter : one->named_parameters()) {
    const auto& name = parameter.key();
    EXPECT_TRUE(at::equal(parameter.value(), same->named_parameters()[name])) << name;
    if (name.ends_with("bias")) {
      EXPECT_EQ(parameter.value().abs().max().item<double>(), 0.0) << name;
    } else if (name.ends_with("LayerNorm.weight")) {
      EXPECT_TRUE((parameter.value() == 1.0).all().item<bool>()) << name;
    } else {
      EXPECT_FALSE(at::equal(parameter.value(), other_parameters[name])) << name;
    }
  }
}

TEST(MaskedLanguageModel, starts_with_the_deviations_of_its_config) {
  auto config = small_config(0);
  config.vocabulary_size = 3000;
  config.embedding.table_initializer_range = 0.5;
  MaskedLanguageModel model(config);
  model->initialise(1);
  const auto parameters = model->named_parameters();
  const auto& table = parameters["bert.embeddings.word_embeddings.weight"];
  EXPECT_NEAR(table.narrow(0, 1, 2999).std().item<double>(), 0.5, 0.01);
  EXPECT_EQ(table[0].abs().max().item<double>(), 0.0);
  EXPECT_NEAR(parameters["cls.predictions.decoder.weight"].std().item<double>(), 0.02, 4e-4);
  EXPECT_NEAR(parameters["bert.encoder.layer.1.intermediate.dense.weight"].std().item<double>(), 0.02, 2e-3);

  config = small_config(400);
  MaskedLanguageModel adapted(config);
  adapted->initialise(1);
  EXPECT_NEAR(adapted->named_parameters()["bert.embeddings.adapter.weight"].std().item<double>(), 1.0 / 20,
              2e-3);
}

TEST(MaskedLanguageModel, shares_its_encoders_start_with_the_twin_of_the_same_seed) {
  auto adapted = small_model(6, 7);
  auto twin = small_model(0, 7);
  const auto parameters = twin->named_parameters();
  for (const auto& parameter : adapted->named_parameters()) {
    if (!parameters.contains(parameter.key())) continue;
    EXPECT_TRUE(at::equal(parameter.value(), parameters[parameter.key()])) << parameter.key();
  }
}

TEST(MaskedLanguageModel, comes_back_from_its_files_as_it_was) {
  for (const std::int64_t row_size : {0, 6}) {
    const TemporaryFolder folder;
    auto model = small_model(row_size);
    save_model(model, folder.path());
    auto back = load_model(folder.path());
    EXPECT_FALSE(back->is_training());
    const auto input = random_batch({6, 3, 8}, row_size, 2);
    const auto masked = torch::tensor({1, 7, 12}, torch::kInt64);
    EXPECT_TRUE(at::equal(model->forward(input, masked), back->forward(input, masked)));
    if (row_size > 0) EXPECT_TRUE(at::equal(model->adapt(input.rows_UE), back->adapt(input.rows_UE)));
  }
}

TEST(MaskedLanguageModel, refuses_weights_that_do_not_belong_to_its_config) {
  const TemporaryFolder folder;
  save_model(small_model(0), folder.path());
  auto config = small_config(0);
  config.bert.intermediate_size = 32;
  write_model_config(folder / "config.json", config);
  expect_error<InputError>([&] { load_model(folder.path()); }, {"model.safetensors", "intermediate.dense"});
}

TEST(MaskedLanguageModel, refuses_a_decoder_bias_that_is_not_the_tied_one) {
  const TemporaryFolder folder;
  save_model(small_model(0), folder.path());
  auto tensors = weights::read_tensors(folder / "model.safetensors").tensors;
  tensors["cls.predictions.decoder.bias"] = tensors["cls.predictions.bias"].clone();
  weights::write_safetensors(folder / "model.safetensors", tensors);
  EXPECT_NO_THROW(load_model(folder.path()));
  tensors["cls.predictions.decoder.bias"] += 1.0;
  weights::write_safetensors(folder / "model.safetensors", tensors);
  expect_error<InputError>([&] { load_model(folder.path()); }, {"cls.predictions.decoder.bias"});
}

TEST(MaskedLanguageModel, without_an_adapter_has_no_rows_to_adapt) {
  auto twin = small_model(0);
  expect_error<Error>([&] { twin->adapt(at::randn({2, 6})); }, {"table"});
  expect_error<Error>([&] { twin->fit_input_map(at::randn({2, 6})); }, {"table"});
}

TEST(MaskedLanguageModel, with_an_adapter_names_what_a_batch_lacks) {
  auto model = small_model(6);
  auto input = random_batch({3}, 6, 1);
  input.rows_UE = torch::Tensor();
  expect_error<Error>([&] { model->hidden_states(input, {0}); }, {"embedding rows"});
  auto wrong = random_batch({3}, 6, 1);
  wrong.rows_UE = at::randn({28, 7});
  expect_error<Error>([&] { model->hidden_states(wrong, {0}); }, {"rows of another size than 6"});
  auto long_one = random_batch({41}, 6, 1);
  expect_error<Error>([&] { model->hidden_states(long_one, {0}); }, {"41", "40"});
}

TEST(MaskedLanguageModel, takes_a_batch_of_nothing) {
  auto model = small_model(6);
  const auto nothing = torch::empty({0}, torch::kInt64);
  auto input = random_batch({}, 6, 1);
  const auto logits = model->forward(input, nothing);
  EXPECT_EQ(logits.sizes(), torch::IntArrayRef({0, 30}));
  EXPECT_NO_THROW(logits.sum().backward());
}

TEST(MaskedLanguageModel, drops_by_the_default_generator_alone) {
  auto config = small_config(6);
  config.bert.hidden_dropout = config.bert.attention_dropout = 0.3;
  MaskedLanguageModel model(config);
  model->initialise(1);
  model->fit_input_map(small_rows(6));
  const auto input = random_batch({6, 9}, 6, 2);
  const auto masked = torch::tensor({1, 7}, torch::kInt64);
  torch::manual_seed(4);
  const auto first = model->forward(input, masked);
  const auto second = model->forward(input, masked);
  torch::manual_seed(4);
  EXPECT_TRUE(at::equal(first, model->forward(input, masked)));
  EXPECT_FALSE(at::equal(first, second));
  model->eval();
  EXPECT_TRUE(at::equal(model->forward(input, masked), model->forward(input, masked)));
}

}  // namespace
}  // namespace biodta::model
