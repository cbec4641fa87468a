// Decoding against adapter outputs, compared with the formula token by token in double.
#include "fixtures.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <array>
#include <map>

namespace biodta::model {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using namespace biodta::model::testing;

constexpr std::int64_t kTokens = 30;
constexpr std::int64_t kUnknownGene = 9;

/// Rows of all genes but one; gene token t has the row 29 − t, so that tokens and rows differ.
torch::Tensor vocabulary_row() {
  auto row_V = 29 - at::arange(kTokens, torch::kInt64);
  for (const std::int64_t without : {std::int64_t{0}, std::int64_t{1}, kUnknownGene}) row_V[without] = -1;
  return row_V;
}

ModelConfig decoding_config() {
  auto config = small_config(6);
  config.decoder = Decoder::kAdapter;
  config.embedding.input_map = InputMap::kNone;
  return config;
}

MaskedLanguageModel decoding_model() {
  MaskedLanguageModel model(decoding_config());
  model->initialise(5);
  model->eval();
  torch::manual_seed(3);
  const torch::NoGradGuard no_gradient;
  for (auto& parameter : model->named_parameters()) {  // away from zeros and ones, which would hide their use
    if (parameter.key().starts_with("cls") || parameter.key().find("special") != std::string::npos)
      parameter.value() += at::randn_like(parameter.value()) * 0.3;
  }
  model->set_vocabulary_rows(vocabulary_row(), small_rows(6));
  return model;
}

using Leaves = std::map<std::string, torch::Tensor>;

Leaves double_leaves(const MaskedLanguageModel& model) {
  Leaves leaves;
  for (const auto& parameter : model->named_parameters())
    leaves[parameter.key()] = parameter.value().detach().to(torch::kFloat64).requires_grad_();
  return leaves;
}

torch::Tensor transformed(const Leaves& leaves, const torch::Tensor& hidden_MH) {
  const std::string name = "cls.predictions.transform.";
  const auto x =
      (hidden_MH.mm(leaves.at(name + "dense.weight").t()) + leaves.at(name + "dense.bias")).clamp_min(0);
  const auto centred = x - x.mean(1, true);
  const auto normal = centred / (centred.square().mean(1, true) + 1e-12).sqrt();
  return normal * leaves.at(name + "LayerNorm.weight") + leaves.at(name + "LayerNorm.bias");
}

/// The vector that stands for one token: its own for a special, softplus(W e + b) for a gene, none without a
/// row.
torch::Tensor vector_of(const Leaves& leaves, std::int64_t token, const torch::Tensor& row_V,
                        const torch::Tensor& rows_UE) {
  const std::string name = "bert.embeddings.";
  if (token < 2) return leaves.at(name + "special_embeddings.weight")[token];
  const auto row = row_V[token].item<std::int64_t>();
  if (row < 0) return at::zeros({16}, torch::kFloat64);
  const auto e = rows_UE[row].to(torch::kFloat64);
  return at::log1p((leaves.at(name + "adapter.weight").mv(e) + leaves.at(name + "adapter.bias")).exp());
}

torch::Tensor logits_by_formula(const Leaves& leaves, const torch::Tensor& hidden_MH,
                                const torch::Tensor& row_V, const torch::Tensor& rows_UE) {
  const auto t_MH = transformed(leaves, hidden_MH.to(torch::kFloat64));
  const auto& bias = leaves.at("cls.predictions.bias");
  std::vector<torch::Tensor> columns;
  for (std::int64_t token = 0; token < row_V.size(0); ++token) {
    auto column = t_MH.mv(vector_of(leaves, token, row_V, rows_UE));
    if (token < bias.size(0)) column = column + bias[token];
    columns.push_back(column);
  }
  return at::stack(columns, 1);
}

TEST(AdapterDecoder, scores_every_token_by_its_formula) {
  auto model = decoding_model();
  const auto hidden = at::randn({7, 16});
  const auto expected = logits_by_formula(double_leaves(model), hidden, vocabulary_row(), small_rows(6));
  const auto logits = model->score(hidden);
  EXPECT_LT(difference(logits, expected), 1e-4);
  // Without a row there is nothing but the bias.
  const auto bias = model->named_parameters()["cls.predictions.bias"][kUnknownGene];
  EXPECT_TRUE(at::equal(logits.select(1, kUnknownGene), bias.expand({7})));
  const auto input = random_batch({6, 9}, 6, 2);
  const auto masked = torch::tensor({1, 7, 12}, torch::kInt64);
  const auto last = model->hidden_states(input, {-1})[0].index_select(0, masked);
  EXPECT_LT(difference(model->forward(input, masked), model->score(last)), 1e-5);
}

TEST(AdapterDecoder, has_the_gradients_of_its_formula) {
  auto model = decoding_model();
  const auto hidden = at::randn({7, 16});
  const auto weight = at::randn({7, kTokens});
  (model->score(hidden) * weight).sum().backward();
  const auto leaves = double_leaves(model);
  (logits_by_formula(leaves, hidden, vocabulary_row(), small_rows(6)) * weight).sum().backward();
  int compared = 0;
  for (const auto& parameter : model->named_parameters()) {
    const auto& expected = leaves.at(parameter.key()).grad();
    if (!expected.defined()) continue;
    EXPECT_GT(expected.abs().max().item<double>(), 0.1) << parameter.key();
    EXPECT_LT(difference(parameter.value().grad(), expected), 1e-3) << parameter.key();
    ++compared;
  }
  EXPECT_EQ(compared, 8);  // adapter 2, specials, transform 4, bias
}

TEST(AdapterDecoder, learns_through_input_and_decoder_at_once) {
  // In double, where a difference quotient is exact enough to tell a missing path.
  auto model = decoding_model();
  model->to(torch::kFloat64);
  model->set_vocabulary_rows(vocabulary_row(), small_rows(6).to(torch::kFloat64));
  auto input = random_batch({6, 9}, 6, 2);
  input.rows_UE = input.rows_UE.to(torch::kFloat64);
  const auto masked = torch::tensor({1, 7, 12}, torch::kInt64);
  const auto targets = torch::tensor({5, 20, 8}, torch::kInt64);
  const auto loss = [&] { return at::cross_entropy_loss(model->forward(input, masked), targets); };
  loss().backward();
  auto weight = model->named_parameters()["bert.embeddings.adapter.weight"];
  const auto gradient = weight.grad().clone();
  const torch::NoGradGuard no_gradient;
  for (const auto& [h, e] : {std::array<std::int64_t, 2>{0, 0}, {3, 5}, {15, 2}}) {
    constexpr double kStep = 1e-5;
    weight[h][e] += kStep;
    const double up = loss().item<double>();
    weight[h][e] -= 2 * kStep;
    const double down = loss().item<double>();
    weight[h][e] += kStep;
    EXPECT_NEAR(gradient[h][e].item<double>(), (up - down) / (2 * kStep), 1e-7) << h << " " << e;
  }
}

TEST(AdapterDecoder, gives_a_gene_with_another_row_the_logit_of_that_row) {
  auto model = decoding_model();
  const auto hidden = at::randn({7, 16});
  const auto before = model->score(hidden).detach();
  auto rows = small_rows(6);
  rows[29 - 12] = at::randn({6});
  model->set_vocabulary_rows(vocabulary_row(), rows);
  const auto after = model->score(hidden).detach();
  const auto expected = logits_by_formula(double_leaves(model), hidden, vocabulary_row(), rows);
  EXPECT_LT(difference(after.select(1, 12), expected.select(1, 12)), 1e-4);
  EXPECT_GT(difference(after.select(1, 12), before.select(1, 12)), 0.01);
  for (std::int64_t token = 0; token < kTokens; ++token) {
    if (token != 12) EXPECT_TRUE(at::equal(after.select(1, token), before.select(1, token))) << token;
  }
}

TEST(AdapterDecoder, scores_genes_that_training_never_knew_without_a_bias) {
  auto model = decoding_model();
  const auto hidden = at::randn({7, 16});
  const auto before = model->score(hidden).detach();
  const auto rows = at::cat({small_rows(6), at::randn({2, 6})});
  const auto row_V = at::cat({vocabulary_row(), torch::tensor({28, 29}, torch::kInt64)});
  model->set_vocabulary_rows(row_V, rows);
  const auto logits = model->score(hidden).detach();
  ASSERT_EQ(logits.sizes(), torch::IntArrayRef({7, kTokens + 2}));
  EXPECT_LT(difference(logits.narrow(1, 0, kTokens), before), 1e-5);
  EXPECT_LT(difference(logits, logits_by_formula(double_leaves(model), hidden, row_V, rows)), 1e-4);
}

TEST(AdapterDecoder, comes_back_from_its_files_without_the_rows) {
  const TemporaryFolder folder;
  auto model = decoding_model();
  save_model(model, folder.path());
  const auto tensors = weights::read_tensors(folder / "model.safetensors").tensors;
  EXPECT_FALSE(tensors.contains("cls.predictions.decoder.weight"));
  EXPECT_EQ(tensors.size(), model->parameters().size());
  auto back = load_model(folder.path());
  EXPECT_EQ(back->config().decoder, Decoder::kAdapter);
  const auto hidden = at::randn({7, 16});
  expect_error<Error>([&] { back->score(hidden); }, {"rows of the vocabulary"});
  back->set_vocabulary_rows(vocabulary_row(), small_rows(6));
  EXPECT_TRUE(at::equal(back->score(hidden), model->score(hidden)));
}

TEST(AdapterDecoder, needs_an_adapter_and_rows_that_fit) {
  auto table = small_config(0);
  table.decoder = Decoder::kAdapter;
  expect_error<ConfigError>([&] { validate(table); }, {"decoder is adapter", "embedding.kind: adapter"});
  auto model = decoding_model();
  expect_error<Error>([&] { model->set_vocabulary_rows(vocabulary_row().narrow(0, 0, 29), small_rows(6)); },
                      {"29", "30"});
  expect_error<Error>([&] { model->set_vocabulary_rows(vocabulary_row(), small_rows(6).narrow(0, 0, 27)); },
                      {"row 27", "27 rows"});
  expect_error<Error>([&] { small_model(6)->set_vocabulary_rows(vocabulary_row(), small_rows(6)); },
                      {"decoder"});
}

}  // namespace
}  // namespace biodta::model
