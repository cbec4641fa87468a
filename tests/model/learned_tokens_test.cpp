// Genes without a row, each with a learned vector of its own.
#include "fixtures.hpp"

#include <biodta/model/token_embedder.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/equal.h>

#include <algorithm>
#include <set>

namespace biodta::model {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using namespace biodta::model::testing;

const std::vector<std::int64_t> kLearned{4, 9, 17};

ModelConfig learning_config(Decoder decoder = Decoder::kOwn) {
  auto config = small_config(6);
  config.learned_tokens = kLearned;
  config.decoder = decoder;
  return config;
}

MaskedLanguageModel learning_model(Decoder decoder = Decoder::kOwn) {
  MaskedLanguageModel model(learning_config(decoder));
  model->initialise(5);
  model->fit_input_map(small_rows(6));
  model->eval();
  return model;
}

/// Where a token stands among the learned ones, or -1.
std::int64_t number_of(std::int64_t token) {
  const auto found = std::find(kLearned.begin(), kLearned.end(), token);
  return found == kLearned.end() ? -1 : found - kLearned.begin();
}

/// A batch in which learned tokens have no row.
PackedSequences batch_with(const std::vector<std::int64_t>& tokens) {
  auto input = packed(torch::tensor(tokens, torch::kInt64), {static_cast<std::int64_t>(tokens.size())});
  input.row_T = input.tokens_T - 2;
  for (std::int64_t t = 0; t < input.row_T.size(0); ++t) {
    if (tokens[static_cast<std::size_t>(t)] < 2 || number_of(tokens[static_cast<std::size_t>(t)]) >= 0)
      input.row_T[t] = -1;
  }
  input.rows_UE = small_rows(6);
  return input;
}

const std::vector<std::int64_t> kSeen{3, 17, 1, 5, 4, 29, 17, 10};  // not 9

TEST(LearnedTokens, have_their_own_vectors_and_leave_the_others_theirs) {
  const auto owner = std::make_shared<torch::nn::Module>();
  AdapterEmbedder embedder(learning_config(), *owner);
  embedder.initialise(3);
  embedder.fit_input_map(small_rows(6));
  const auto out_TH = embedder.forward(batch_with(kSeen));
  const auto adapted_UH = embedder.adapt(small_rows(6));
  const auto parameters = owner->named_parameters();
  const auto& learned = parameters["learned_embeddings.weight"];
  ASSERT_EQ(learned.sizes(), torch::IntArrayRef({3, 16}));
  for (std::size_t t = 0; t < kSeen.size(); ++t) {
    const auto token = kSeen[t];
    const auto expected = token == 1              ? parameters["special_embeddings.weight"][1]
                          : number_of(token) >= 0 ? learned[number_of(token)]
                                                  : adapted_UH[token - 2];
    EXPECT_TRUE(at::equal(out_TH[static_cast<std::int64_t>(t)], expected)) << token;
  }
}

TEST(LearnedTokens, learn_where_they_are_present_and_nowhere_else) {
  auto model = learning_model();
  model->hidden_states(batch_with(kSeen), {-1})[0].sin().sum().backward();
  const auto gradient = model->named_parameters()["bert.embeddings.learned_embeddings.weight"].grad();
  ASSERT_TRUE(gradient.defined());
  EXPECT_GT(gradient[0].abs().max().item<double>(), 1e-3);  // token 4
  EXPECT_EQ(gradient[1].abs().max().item<double>(), 0.0);   // token 9 is in no cell
  EXPECT_GT(gradient[2].abs().max().item<double>(), 1e-3);  // token 17
}

TEST(LearnedTokens, come_back_from_their_files_as_they_were) {
  const TemporaryFolder folder;
  auto model = learning_model();
  save_model(model, folder.path());
  auto back = load_model(folder.path());
  EXPECT_EQ(back->config().learned_tokens, kLearned);
  const auto input = batch_with(kSeen);
  EXPECT_TRUE(at::equal(model->hidden_states(input, {-1})[0], back->hidden_states(input, {-1})[0]));
}

TEST(LearnedTokens, are_named_by_their_vectors_when_the_decoder_shares_the_adapter) {
  auto model = learning_model(Decoder::kAdapter);
  const auto row_V = batch_with({0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
                                 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29})
                         .row_T;
  model->set_vocabulary_rows(row_V, small_rows(6));
  const torch::NoGradGuard no_gradient;
  auto parameters = model->named_parameters();
  auto& learned = parameters["bert.embeddings.learned_embeddings.weight"];
  learned.copy_(at::randn_like(learned));
  const auto hidden = at::randn({5, 16});
  const auto before = model->score(hidden);
  const auto step = at::randn({16});
  learned[1] += step;
  const auto change = model->score(hidden) - before;
  // The logit is linear in the token's vector; twice the step is twice the change, of token 9 alone.
  learned[1] += step;
  const auto change_of_two = model->score(hidden) - before;
  EXPECT_GT(change.select(1, 9).abs().max().item<double>(), 0.1);
  EXPECT_LT(difference(change_of_two, change * 2.0), 1e-5);
  for (std::int64_t token = 0; token < 30; ++token) {
    if (token != 9) EXPECT_EQ(change.select(1, token).abs().max().item<double>(), 0.0) << token;
  }
}

TEST(LearnedTokens, that_are_no_ascending_genes_of_an_adapters_vocabulary_are_refused) {
  for (const std::vector<std::int64_t>& tokens :
       {std::vector<std::int64_t>{1, 5}, {4, 4}, {7, 5}, {4, 30}, {-1}}) {
    auto config = learning_config();
    config.learned_tokens = tokens;
    expect_error<ConfigError>([&] { validate(config); }, {"learned_tokens has"});
  }
  auto table = small_config(0);
  table.learned_tokens = {4};
  expect_error<ConfigError>([&] { validate(table); }, {"learned_tokens", "table"});
}

}  // namespace
}  // namespace biodta::model
