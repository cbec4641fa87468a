#include "fixtures.hpp"

#include <biodta/model/token_embedder.hpp>

#include <ATen/ops/equal.h>
#include <ATen/ops/softplus.h>

#include <cmath>

namespace biodta::model {
namespace {

using namespace biodta::model::testing;

struct Embedder {
  explicit Embedder(std::int64_t row_size)
      : owner(std::make_shared<torch::nn::Module>()),
        tokens(make_token_embedder(small_config(row_size), *owner)) {
    tokens->initialise(3);
    if (auto* adapter = dynamic_cast<AdapterEmbedder*>(tokens.get()))
      adapter->fit_input_map(small_rows(row_size));
  }
  std::shared_ptr<torch::nn::Module> owner;
  std::unique_ptr<TokenEmbedder> tokens;
};

TEST(TokenEmbedder, of_a_table_gives_each_token_its_row) {
  Embedder embedder(0);
  const auto input = random_batch({5, 3}, 0, 1);
  const auto table = embedder.owner->named_parameters()["word_embeddings.weight"];
  EXPECT_TRUE(at::equal(embedder.tokens->forward(input), table.index_select(0, input.tokens_T)));
  EXPECT_TRUE(at::equal(embedder.tokens->table(), table));
}

TEST(TokenEmbedder, of_an_adapter_is_softplus_of_a_linear_map_and_learned_vectors_for_specials) {
  Embedder embedder(6);
  auto& adapter = dynamic_cast<AdapterEmbedder&>(*embedder.tokens);
  const auto input = random_batch({9, 4}, 6, 1);
  const auto out = adapter.forward(input);
  const auto adapted = adapter.adapt(input.rows_UE);
  EXPECT_GT(adapted.min().item<double>(), 0.0);
  const auto special = embedder.owner->named_parameters()["special_embeddings.weight"];
  for (std::int64_t t = 0; t < 13; ++t) {
    const auto token = input.tokens_T[t].item<std::int64_t>();
    EXPECT_TRUE(at::equal(out[t], token == 1 ? special[1] : adapted[token - 2])) << t;
  }
  EXPECT_FALSE(adapter.table().defined());
}

TEST(TokenEmbedder, changes_only_the_gene_whose_row_changes) {
  Embedder embedder(6);
  auto input = random_batch({20}, 6, 1);
  const auto before = embedder.tokens->forward(input);
  const auto gene = input.tokens_T[4].item<std::int64_t>();
  ASSERT_GT(gene, 1);
  input.rows_UE = input.rows_UE.clone();
  input.rows_UE[gene - 2] += 0.5;
  const auto changed_T = (embedder.tokens->forward(input) != before).any(1);
  EXPECT_TRUE(at::equal(changed_T, input.tokens_T == gene));
}

/// Naive: the adapter once for every token, its row repeated.
TEST(TokenEmbedder, sends_the_adapter_the_gradient_of_running_it_once_per_token) {
  Embedder embedder(6);
  auto& adapter = dynamic_cast<AdapterEmbedder&>(*embedder.tokens);
  const auto input = random_batch({15, 15}, 6, 1);
  torch::manual_seed(9);
  const auto weights = at::randn({30, 16});
  const auto& parameters = embedder.owner->named_parameters();
  const auto gradients_of = [&](const torch::Tensor& out) {
    for (const auto& parameter : parameters) parameter.value().mutable_grad() = torch::Tensor();
    (out * weights).sum().backward();
    return std::vector<torch::Tensor>{parameters["adapter.weight"].grad().clone(),
                                      parameters["adapter.bias"].grad().clone(),
                                      parameters["special_embeddings.weight"].grad().clone()};
  };
  const auto shared = gradients_of(adapter.forward(input));
  const auto per_token = adapter.adapt(input.rows_UE.index_select(0, input.row_T.clamp_min(0)));
  const auto special = parameters["special_embeddings.weight"].index_select(0, input.tokens_T.clamp_max(1));
  const auto naive = gradients_of(at::where((input.row_T >= 0).unsqueeze(1), per_token, special));
  for (std::size_t i = 0; i < naive.size(); ++i) EXPECT_LT(difference(shared[i], naive[i]), 2e-5) << i;
}

}  // namespace
}  // namespace biodta::model
