#include "fixtures.hpp"

#include <biodta/model/hugging_face.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/equal.h>

namespace biodta::model {
namespace {

using namespace biodta::model::testing;

TEST(HuggingFace, a_table_of_adapted_rows_gives_what_the_adapter_gives) {
  // transformers' numbers of the fixture: token t has row (7 t) mod 30, pad and mask vectors of their own.
  const auto numbers = reference("adapter");
  auto model = load_model(fixture("bert") / "adapter");
  const auto tokens = at::arange(2, model->config().vocabulary_size, torch::kInt64);
  const auto table = word_embeddings_of(model, tokens, numbers.at("rows").index_select(0, tokens * 7 % 30));
  const biodta::testing::TemporaryFolder folder;
  save_hugging_face(with_table(model, table), folder.path());
  auto exported = load_model(folder.path());
  EXPECT_EQ(exported->config().embedding.kind, TokenEmbedding::kTable);
  EXPECT_EQ(exported->config().decoder, Decoder::kOwn);
  auto input = batch_of(numbers);
  input.row_T = input.rows_UE = torch::Tensor();
  const auto states = exported->hidden_states(input, {0, 1, 2, 3});
  for (int layer = 0; layer < 4; ++layer)
    EXPECT_LT(difference(states[layer], numbers.at("hidden." + std::to_string(layer))), 1e-5) << layer;
  EXPECT_LT(difference(exported->forward(input, numbers.at("masked")), numbers.at("logits")), 1e-5);
}

/// Everything that an adapter may have: a layer inside, another activation, learned tokens, and a decoder
/// that scores against it.
TEST(HuggingFace, a_table_holds_all_that_an_adapter_may_have) {
  auto config = small_config(6);
  config.embedding.activation = Activation::kGelu;
  config.embedding.hidden_size = 7;
  config.decoder = Decoder::kAdapter;
  config.learned_tokens = {4, 9};
  MaskedLanguageModel model(config);
  model->initialise(5);
  model->fit_input_map(small_rows(6));
  model->eval();
  // Token t has row t - 2 in the reference, and the row after it in the context at hand.
  std::vector<std::int64_t> tokens, rows, row_of(static_cast<std::size_t>(config.vocabulary_size), -1);
  const auto genes = small_rows(6).size(0);
  for (std::int64_t token = 2; token < config.vocabulary_size; ++token) {
    if (token == 4 || token == 9) continue;
    row_of[static_cast<std::size_t>(token)] = (token - 2) % genes;
    tokens.push_back(token);
    rows.push_back((token - 2) % genes);
  }
  const auto tokens_U = torch::tensor(tokens, torch::kInt64), rows_U = torch::tensor(rows, torch::kInt64);
  const auto all = small_rows(6), moved = all.roll(1, 0);
  model->set_vocabulary_rows(torch::tensor(row_of, torch::kInt64), all);
  const auto table = with_table(model, word_embeddings_of(model, tokens_U, moved.index_select(0, rows_U)),
                                word_embeddings_of(model, tokens_U, all.index_select(0, rows_U)));
  const biodta::testing::TemporaryFolder folder;
  save_hugging_face(table, folder.path());
  auto exported = load_model(folder.path());

  const auto shown = torch::tensor({3, 4, 1, 9, 12, 5}, torch::kInt64),
             masked = torch::tensor({2, 4}, torch::kInt64);
  auto input = packed(shown, {6});
  const torch::NoGradGuard no_grad;
  const auto of_table = exported->forward(input, masked);
  input.row_T = torch::tensor(row_of, torch::kInt64).index_select(0, shown);
  input.rows_UE = moved;
  const auto of_adapter = model->forward(input, masked);
  EXPECT_LT(difference(of_table, of_adapter), 1e-5);
  EXPECT_GT(of_adapter.std().item<double>(), 1e-3);
  biodta::testing::expect_error<Error>(
      [&] {
        with_table(model, exported->score(torch::zeros({1, config.bert.hidden_size})));
      },
      {"scores against the adapter"});
}

TEST(HuggingFace, tokens_without_a_row_are_zero) {
  auto model = small_model(6);
  const auto table =
      word_embeddings_of(model, torch::tensor({3, 9}, torch::kInt64), small_rows(6).narrow(0, 0, 2));
  EXPECT_TRUE(at::equal(table[9], model->adapt(small_rows(6).narrow(0, 0, 2))[1]));
  EXPECT_EQ(table[4].abs().max().item<double>(), 0.0);
  EXPECT_GT(table[1].abs().max().item<double>(), 0.0);
}

TEST(HuggingFace, a_model_without_the_heads_transform_or_with_an_adapter_is_refused) {
  const biodta::testing::TemporaryFolder folder;
  using biodta::testing::expect_error;
  expect_error<Error>([&] { save_hugging_face(small_model(6), folder.path()); }, {"adapter"});
  auto config = small_config(0);
  config.head_transform = false;
  MaskedLanguageModel bare(config);
  expect_error<ConfigError>([&] { save_hugging_face(bare, folder.path()); },
                            {"head_transform", "BertForMaskedLM"});
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace biodta::model
