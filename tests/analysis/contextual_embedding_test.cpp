#include "fixtures.hpp"

#include <biodta/analysis/contextual_embedding.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

namespace biodta::analysis {
namespace {

namespace embed_test = biodta::analysis::testing;

/// Two cells, the first between special tokens 2 and 3, and states chosen at will.
struct FramedBatch {
  data::PackedBatch batch;
  torch::Tensor states_TH = at::randn({6, 3});

  FramedBatch() {
    batch.cells = {4, 9};
    batch.tokens = {2, 7, 5, 3, 5, 6};
    batch.lengths = {4, 2};
  }
  double state(std::int64_t token, std::int64_t h) const { return states_TH[token][h].item<double>(); }
};

TEST(CellMeans, AreOverTheGeneTokensAlone) {
  const FramedBatch framed;
  const auto means = cell_means(framed.batch, framed.states_TH, 4);
  ASSERT_EQ(means.sizes(), torch::IntArrayRef({2, 3}));
  for (std::int64_t h = 0; h < 3; ++h) {
    EXPECT_NEAR(means[0][h].item<double>(), (framed.state(1, h) + framed.state(2, h)) / 2, 1e-6);
    EXPECT_NEAR(means[1][h].item<double>(), (framed.state(4, h) + framed.state(5, h)) / 2, 1e-6);
  }
  // Where 2 and 3 are genes, they count.
  const auto all = cell_means(framed.batch, framed.states_TH, 2);
  EXPECT_NEAR(all[0][0].item<double>(), framed.states_TH.narrow(0, 0, 4).select(1, 0).mean().item<double>(),
              1e-6);
}

TEST(CellMeans, OfACellWithoutAGeneAreNotANumber) {
  data::PackedBatch batch;
  batch.tokens = {2, 3, 5};
  batch.lengths = {2, 1};
  const auto means = cell_means(batch, at::randn({3, 4}), 4);
  EXPECT_TRUE(std::isnan(means[0][0].item<double>()));
  EXPECT_FALSE(std::isnan(means[1][3].item<double>()));
}

TEST(GeneMeans, AreOverTheCellsThatHoldTheGeneInWhateverBatches) {
  const FramedBatch first;
  const FramedBatch second;
  GeneMeans genes(8, 3, torch::kCPU);
  genes.add(first.batch, first.states_TH);
  genes.add(second.batch, second.states_TH);
  EXPECT_THAT(genes.cells(), ::testing::ElementsAre(0, 0, 2, 2, 0, 4, 2, 2));
  const std::vector<cells::TokenId> tokens = {5, 7, 4};
  const auto means = genes.means(tokens);
  const double five = first.state(2, 1) + first.state(4, 1) + second.state(2, 1) + second.state(4, 1);
  EXPECT_NEAR(means[0][1].item<double>(), five / 4, 1e-6);
  EXPECT_NEAR(means[1][2].item<double>(), (first.state(1, 2) + second.state(1, 2)) / 2, 1e-6);
  EXPECT_TRUE(std::isnan(means[2][0].item<double>()));
}

TEST(ContextualEmbedder, VisitsEveryCellWithATokenOnceAndGivesWhatTheModelGivesForItAlone) {
  const embed_test::TemporaryFolder folder;
  const auto vocabulary = embed_test::vocabulary_of(12);
  auto cells = embed_test::random_cells(30, 12, 3);
  cells[4].clear();
  const auto corpus = embed_test::corpus_of(folder / "c.h5", vocabulary, cells);
  auto model = embed_test::model_of(vocabulary, nullptr, 7);
  const data::BatchBuilder builder(corpus, nullptr, {}, 64);
  ContextualEmbedder embedder(model, torch::kCPU, {builder}, {1, 40});
  std::vector<std::uint32_t> all(30);
  std::iota(all.begin(), all.end(), 0U);
  std::map<std::uint32_t, int> seen;
  int batches = 0;
  const torch::NoGradGuard no_gradients;
  embedder.embed(all, [&](const data::PackedBatch& batch, const torch::Tensor& states_TH) {
    ++batches;
    EXPECT_LE(batch.tokens.size(), 40U);
    std::int64_t first = 0;
    for (std::size_t i = 0; i < batch.cells.size(); ++i) {
      ++seen[batch.cells[i]];
      model::PackedSequences alone;
      const auto& tokens = cells[batch.cells[i]];
      alone.lengths = {static_cast<std::int64_t>(tokens.size())};
      alone.tokens_T = torch::tensor(std::vector<std::int64_t>(tokens.begin(), tokens.end()), torch::kInt64);
      alone.positions_T = torch::arange(alone.lengths[0], torch::kInt64);
      const auto expected = model->hidden_states(alone, {1})[0];
      EXPECT_LT((states_TH.narrow(0, first, alone.lengths[0]) - expected).abs().max().item<double>(), 1e-5);
      first += alone.lengths[0];
    }
  });
  EXPECT_GT(batches, 3);
  EXPECT_EQ(seen.size(), 29U);
  EXPECT_FALSE(seen.contains(4));
  for (const auto& [cell, times] : seen) EXPECT_EQ(times, 1) << cell;
  embed_test::expect_error<ConfigError>(
      [&] {
        ContextualEmbedder(model, torch::kCPU, {builder}, {-5, 40});
      },
      {"layer", "-5", "-4 to 3"});
}

}  // namespace
}  // namespace biodta::analysis
