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
