#include "perturbed_world.hpp"

#include <biodta/analysis/signed_readout.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/log_softmax.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>

namespace biodta::analysis {
namespace {

using testing::NaiveCell;
using testing::PerturbedWorld;

/// log sum over masked genes of p, by token, one cell at a time.
std::vector<double> naive_abundance(model::MaskedLanguageModel& model, const NaiveCell& cell,
                                    const std::set<cells::TokenId>& masked) {
  const torch::NoGradGuard no_gradient;
  std::vector<cells::TokenId> tokens = cell.tokens;
  std::vector<std::int64_t> slots;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!masked.contains(tokens[i])) continue;
    tokens[i] = cells::kMaskToken;
    slots.push_back(static_cast<std::int64_t>(i));
  }
  const auto logits =
      model->forward(testing::input_of(tokens, &cell.rows), torch::tensor(slots, torch::kInt64));
  const auto sum = at::log_softmax(logits.to(torch::kFloat64), 1).exp().sum(0).log().contiguous();
  return {sum.const_data_ptr<double>(), sum.const_data_ptr<double>() + sum.numel()};
}

/// Which genes a draw masks: those that the unchanged cell and the perturbed genes say.
std::set<cells::TokenId> drawn(const PerturbedWorld& world, std::uint32_t cell, const NaiveCell& before,
                               const NaiveCell& after, const std::set<cells::TokenId>& perturbed,
                               const ReadoutOptions& options, std::uint64_t draw) {
  std::vector<char> candidates;
  for (const auto token : world.cells[cell]) {
    const auto in = [&](const NaiveCell& form) {
      return std::count(form.tokens.begin(), form.tokens.end(), token) > 0;
    };
    candidates.push_back(!perturbed.contains(token) && in(before) && in(after) ? 1 : 0);
  }
  std::set<cells::TokenId> masked;
  for (const std::size_t i : masked_genes(candidates, options, draw, cell))
    masked.insert(world.cells[cell][i]);
  return masked;
}

void expect_the_plain_loops_changes(PerturbedWorld& world, const ShiftSubjects& subjects,
                                    const JointPerturbation& joint,
                                    const std::function<testing::NaiveChange(std::uint32_t)>& naive) {
  const ReadoutOptions options{.share = 0.3, .draws = 3, .seed = 5, .batch_tokens = 40};
  std::map<std::uint32_t, std::vector<double>> found;
  const auto tables =
      measure_readout(world.model, torch::kCPU, subjects, world.all, std::vector{joint}, options, nullptr,
                      [&](std::uint32_t cell, std::size_t, std::span<const double> change) {
                        found[cell] = {change.begin(), change.end()};
                      });
  std::set<cells::TokenId> perturbed;
  for (const auto& gene : joint.genes) perturbed.insert(gene.token);
  std::vector<RunningMoments> expected(world.vocabulary.token_count());
  std::size_t cells = 0;
  double largest = 0.0;
  for (const std::uint32_t cell : world.all) {
    const auto change = naive(cell);
    if (!change) continue;
    ++cells;
    std::vector<double> mean(world.vocabulary.token_count(), 0.0);
    for (std::uint64_t draw = 0; draw < 3; ++draw) {
      const auto masked = drawn(world, cell, change->first, change->second, perturbed, options, draw);
      ASSERT_FALSE(masked.empty());
      const auto before = naive_abundance(world.model, change->first, masked);
      const auto after = naive_abundance(world.model, change->second, masked);
      for (std::size_t token = 0; token < mean.size(); ++token)
        mean[token] += (after[token] - before[token]) / 3.0;
    }
    ASSERT_TRUE(found.contains(cell));
    for (cells::TokenId token = 2; token < mean.size(); ++token) {
      EXPECT_NEAR(found[cell][token], mean[token], 2e-5) << cell << ", " << token;
      largest = std::max(largest, std::abs(mean[token]));
      expected[token].add(mean[token]);
    }
    EXPECT_TRUE(std::isnan(found[cell][0]) && std::isnan(found[cell][1]));  // no genes
  }
  EXPECT_EQ(tables[0].cells, cells);
  EXPECT_EQ(found.size(), cells);
  EXPECT_GT(largest, 1e-2);
  for (cells::TokenId token = 2; token < expected.size(); ++token) {
    const bool own = perturbed.contains(token);
    EXPECT_EQ(tables[0].genes[token].count(), own ? 0U : cells);
    if (!own) EXPECT_NEAR(tables[0].genes[token].mean(), expected[token].mean(), 1e-5);
  }
  EXPECT_EQ(tables[0].perturbed.count(), cells * perturbed.size());
}

TEST(SignedReadout, OfAMutantEqualsAPlainLoopWithDonorsInTheirOwnRows) {
  PerturbedWorld world;
  expect_the_plain_loops_changes(world, world.subjects(), testing::mutation(world, {2}),
                                 [&](std::uint32_t cell) { return testing::mutated(world, cell, {2}); });
  expect_the_plain_loops_changes(world, world.subjects(), testing::mutation(world, {2, 3}),
                                 [&](std::uint32_t cell) {
                                   return testing::mutated(world, cell, {2, 3});
                                 });
}

TEST(SignedReadout, OfARankMoveWithTheMutantsRowEqualsAPlainLoop) {
  PerturbedWorld world;
  auto subjects = world.subjects();
  subjects.values = testing::halving_values;
  expect_the_plain_loops_changes(
      world, subjects, testing::mutation_and_rank_move(world, 5),
      [&](std::uint32_t cell) { return testing::mutated_and_moved_up_by_two(world, cell, 5); });
}

TEST(SignedReadout, OfAnOverexpressionMasksOnlyWhatIsThereBeforeAndAfter) {
  PerturbedWorld world;
  expect_the_plain_loops_changes(world, world.subjects(), {{{PerturbationKind::kOverexpress, 3, {}, {}}}},
                                 [&](std::uint32_t cell) { return testing::overexpressed(world, cell, 3); });
}

TEST(SignedReadout, OfNoChangeIsNothingAndOfSeveralPerturbationsWhatEachGivesAlone) {
  PerturbedWorld world;
  const Perturbation same{PerturbationKind::kReplaceRow, 4, world.row_of(4), world.row_of(4)};
  const std::vector<JointPerturbation> joint = {
      {{same}}, testing::mutation(world, {5}), {{{PerturbationKind::kDelete, 6, {}, {}}}}};
  const ReadoutOptions options{.share = 0.3, .seed = 2};
  const auto together =
      measure_readout(world.model, torch::kCPU, world.subjects(), world.all, joint, options);
  for (std::size_t i = 0; i < joint.size(); ++i) {
    const auto alone =
        measure_readout(world.model, torch::kCPU, world.subjects(), world.all, std::span(joint).subspan(i, 1),
                        {.share = 0.3, .seed = 2, .batch_tokens = 9})
            .at(0);
    for (std::size_t token = 2; token < alone.genes.size(); ++token) {
      ASSERT_EQ(together[i].genes[token].count(), alone.genes[token].count());
      if (alone.genes[token].count() == 0) continue;
      EXPECT_NEAR(together[i].genes[token].mean(), alone.genes[token].mean(), 1e-5);
      if (i == 0) EXPECT_NEAR(alone.genes[token].mean(), 0.0, 1e-5);
    }
  }
}

TEST(MaskedGenes, AreTheSameWhateverIsPerturbedButForThePerturbed) {
  const ReadoutOptions options{.share = 0.15, .seed = 3};
  const std::vector<char> all(100, 1);
  std::size_t others = 0;
  std::set<std::vector<std::size_t>> draws;
  for (std::uint32_t cell = 0; cell < 50; ++cell) {
    const auto common = masked_genes(all, options, 1, cell);
    EXPECT_EQ(common.size(), 15U);
    EXPECT_EQ(std::set<std::size_t>(common.begin(), common.end()).size(), 15U);
    draws.insert(common);
    draws.insert(masked_genes(all, options, 2, cell));
    auto without = all;
    without[common[4]] = 0;
    const auto masked = masked_genes(without, options, 1, cell);
    EXPECT_EQ(masked.size(), 15U);
    EXPECT_EQ(std::count(masked.begin(), masked.end(), common[4]), 0);
    for (const std::size_t gene : masked)
      others += std::count(common.begin(), common.end(), gene) > 0 ? 0 : 1;
  }
  EXPECT_EQ(others, 50U);         // one takes the place of the perturbed one
  EXPECT_EQ(draws.size(), 100U);  // every cell and draw its own
  EXPECT_EQ(masked_genes(std::vector<char>(3, 1), options, 0, 0).size(), 1U);
}

/// A model made by hand, in which every masked slot looks at the regulator alone, which writes down what it
/// expects there: more of one gene, less of another.
model::MaskedLanguageModel regulated_model(cells::TokenId regulator, cells::TokenId activated,
                                           cells::TokenId repressed) {
  constexpr std::int64_t kWidth = 14;
  model::ModelConfig config;
  config.bert = {1, kWidth, 1, 4, 64, 0.0, 0.0, 1e-12, 0.02};
  config.embedding.kind = model::TokenEmbedding::kTable;
  config.decoder = model::Decoder::kTied;
  config.vocabulary_size = 14;
  model::MaskedLanguageModel model(config);
  model->initialise(1);
  const torch::NoGradGuard no_gradient;
  auto parameters = model->named_parameters();
  for (auto& parameter : parameters)
    if (!parameter.key().ends_with("LayerNorm.weight")) parameter.value().zero_();
  auto table = torch::eye(kWidth);
  table[0].zero_();
  table[1].zero_();  // nothing is known of a masked slot
  parameters["bert.embeddings.word_embeddings.weight"].copy_(table);
  auto bias = torch::zeros({kWidth});
  bias[0] = 1.0F;
  auto key = torch::zeros({kWidth, kWidth});
  key[0][regulator] = 200.0F;
  auto value = torch::zeros({kWidth, kWidth});
  value[activated][regulator] = 1.0F;
  value[repressed][regulator] = -1.0F;
  const std::string layer = "bert.encoder.layer.0.attention.";
  parameters[layer + "self.query.bias"].copy_(bias);
  parameters[layer + "self.key.weight"].copy_(key);
  parameters[layer + "self.value.weight"].copy_(value);
  parameters[layer + "output.dense.weight"].copy_(torch::eye(kWidth));
  parameters["cls.predictions.transform.dense.weight"].copy_(torch::eye(kWidth));
  // What is below zero would be lost in the head's ReLU.
  parameters["cls.predictions.transform.dense.bias"].copy_(torch::full({kWidth}, 10.0F));
  model->eval();
  return model;
}

TEST(SignedReadout, TellsDownFromUpInAModelMadeByHand) {
  PerturbedWorld world;
  const cells::TokenId regulator = 4, activated = 9, repressed = 11;
  auto model = regulated_model(regulator, activated, repressed);
  const data::BatchBuilder builder(world.corpus, nullptr, {}, PerturbedWorld::kLongest);
  const std::vector<JointPerturbation> joint = {{{{PerturbationKind::kDelete, regulator, {}, {}}}},
                                                {{{PerturbationKind::kOverexpress, regulator, {}, {}}}}};
  std::vector<std::uint32_t> with, without;
  for (const std::uint32_t cell : world.all) (world.holds(cell, regulator) ? with : without).push_back(cell);
  const auto deleted = measure_readout(model, torch::kCPU, {builder}, with, joint, {}).at(0);
  const auto gained = measure_readout(model, torch::kCPU, {builder}, without, joint, {}).at(1);
  ASSERT_GT(deleted.cells, 3U);
  ASSERT_GT(gained.cells, 3U);
  EXPECT_LT(deleted.genes[activated].mean(), -0.1);
  EXPECT_GT(deleted.genes[repressed].mean(), 0.1);
  EXPECT_GT(gained.genes[activated].mean(), 0.1);
  EXPECT_LT(gained.genes[repressed].mean(), -0.1);
  for (const cells::TokenId other : {2U, 3U, 5U, 12U}) {
    EXPECT_LT(deleted.genes[activated].mean(), deleted.genes[other].mean() - 0.1);
    EXPECT_LT(deleted.genes[other].mean(), deleted.genes[repressed].mean() - 0.1);
  }
}

TEST(SignedReadout, IsSilentAboutGenesThatTheModelCannotName) {
  PerturbedWorld world;
  const auto fewer = testing::bank_of(testing::vocabulary_of(PerturbedWorld::kGeneCount - 1), 5, 31);
  const data::TokenRows rows(world.vocabulary, fewer);
  const data::BatchBuilder builder(world.corpus, &rows, {}, PerturbedWorld::kLongest);
  const auto table = measure_readout(world.model, torch::kCPU, {.cells = builder, .bank = &fewer}, world.all,
                                     std::vector{testing::mutation(world, {2})}, {})
                         .at(0);
  EXPECT_GT(table.genes[12].count(), 0U);
  EXPECT_EQ(table.genes[12].count(), table.cells);
  EXPECT_EQ(table.genes[13].count(), 0U);
}

}  // namespace
}  // namespace biodta::analysis
