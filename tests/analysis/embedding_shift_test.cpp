#include "fixtures.hpp"
#include "naive_model.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

using cells::TokenId;
constexpr std::size_t kGenes = 12;
constexpr std::size_t kWidth = 5;

using testing::naive_shift;
using testing::Rows;
using testing::states_of;

class EmbeddingShift : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  cells::Vocabulary vocabulary_ = testing::vocabulary_of(kGenes);
  std::vector<std::vector<TokenId>> cells_ = testing::random_cells(40, kGenes, 11);
  cells::Corpus corpus_ = testing::corpus_of(folder_ / "corpus.h5", vocabulary_, cells_);

  std::vector<std::uint32_t> all_cells() const {
    std::vector<std::uint32_t> all(cells_.size());
    std::iota(all.begin(), all.end(), 0U);
    return all;
  }
  bool holds(std::uint32_t cell, TokenId token) const {
    return std::find(cells_[cell].begin(), cells_[cell].end(), token) != cells_[cell].end();
  }
};

TEST_F(EmbeddingShift, OfADeletionEqualsAPlainLoopOverCellsForEveryGeneOfEveryCell) {
  auto model = testing::model_of(vocabulary_, nullptr, 21);
  const data::BatchBuilder builder(corpus_, nullptr, {}, 64);
  const TokenId gene = 5;
  std::map<std::pair<std::uint32_t, TokenId>, double> found;
  const auto tables =
      measure_shifts(model, torch::kCPU, {builder}, all_cells(),
                     std::vector<Perturbation>{{PerturbationKind::kDelete, gene, {}, {}}}, {-2, 40}, nullptr,
                     [&](const CellShift& shift) {
                       EXPECT_TRUE(found.emplace(std::pair(shift.cell, shift.token), shift.shift).second);
                     });
  std::size_t compared = 0;
  std::vector<RunningMoments> expected(vocabulary_.token_count());
  std::uint64_t perturbed = 0;
  for (const std::uint32_t cell : all_cells()) {
    if (!holds(cell, gene)) continue;
    ++perturbed;
    std::vector<TokenId> without = cells_[cell];
    std::erase(without, gene);
    const auto before = states_of(model, cells_[cell], nullptr);
    for (const auto& [token, after] : states_of(model, without, nullptr)) {
      const double shift = naive_shift(before.at(token), after);
      ASSERT_TRUE(found.contains({cell, token}));
      EXPECT_NEAR((found.at({cell, token})), shift, 1e-6);
      EXPECT_GT(shift, 1e-4);
      expected[token].add(shift);
      ++compared;
    }
  }
  EXPECT_EQ(found.size(), compared);
  EXPECT_EQ(tables.at(0).cells, perturbed);
  for (TokenId token = 2; token < vocabulary_.token_count(); ++token) {
    EXPECT_EQ(tables[0].genes[token].count(), expected[token].count());
    if (expected[token].count() == 0) continue;
    EXPECT_NEAR(tables[0].genes[token].mean(), expected[token].mean(), 1e-6);
    EXPECT_NEAR(tables[0].genes[token].standard_deviation(), expected[token].standard_deviation(), 1e-6);
  }
  EXPECT_EQ(tables[0].perturbed.count(), 0U);
  EXPECT_EQ(tables[0].genes[gene].count(), 0U);
}

TEST_F(EmbeddingShift, OfAMutantEqualsAPlainLoopWithDonorsInTheirOwnRows) {
  const embedding::EmbeddingBank bank = testing::bank_of(vocabulary_, kWidth, 31);
  auto model = testing::model_of(vocabulary_, &bank, 22);
  const data::TokenRows rows(vocabulary_, bank);
  std::vector<embedding::ContextIndex> contexts(cells_.size(), embedding::kReference);
  for (std::size_t cell = 0; cell < contexts.size(); cell += 2) contexts[cell] = 0;
  const data::BatchBuilder builder(corpus_, &rows, contexts, 64);
  // Gene 0 (token 2) has another row in the donor, gene 1 (token 3) has not; both are mutated in one call.
  std::vector<Perturbation> perturbations;
  for (const TokenId token : {TokenId{2}, TokenId{3}}) {
    const auto reference = bank.row(bank.row_of(token - 2));
    std::vector<float> mutant(reference.begin(), reference.end());
    for (auto& value : mutant) value = 0.3F - value;
    perturbations.push_back(
        {PerturbationKind::kReplaceRow, token, mutant, {reference.begin(), reference.end()}});
  }
  std::size_t found = 0;
  double largest = 0.0;
  const auto tables =
      measure_shifts(model, torch::kCPU, {builder, &bank}, all_cells(), perturbations, {-2, 60}, nullptr,
                     [&](const CellShift& shift) {
                       Rows before;
                       for (std::uint32_t gene = 0; gene < kGenes; ++gene) {
                         const auto row = bank.row(bank.row_of(gene, contexts[shift.cell]));
                         before[gene + 2] = {row.begin(), row.end()};
                       }
                       const Perturbation& perturbation = perturbations[shift.perturbation];
                       before[perturbation.token] = perturbation.reference_row;
                       Rows after = before;
                       after[perturbation.token] = perturbation.row;
                       const auto& cell = cells_[shift.cell];
                       EXPECT_NEAR(shift.shift,
                                   naive_shift(states_of(model, cell, &before).at(shift.token),
                                               states_of(model, cell, &after).at(shift.token)),
                                   1e-6);
                       largest = std::max(largest, shift.shift);
                       ++found;
                     });
  std::size_t expected = 0;
  for (const std::uint32_t cell : all_cells())
    for (const auto& perturbation : perturbations)
      if (holds(cell, perturbation.token)) expected += cells_[cell].size();
  EXPECT_EQ(found, expected);
  EXPECT_GT(largest, 1e-3);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(tables[i].perturbed.count(), tables[i].cells);
    EXPECT_EQ(tables[i].genes[perturbations[i].token].count(), 0U);
  }
}

TEST_F(EmbeddingShift, OfNoChangeIsNothing) {
  const embedding::EmbeddingBank bank = testing::bank_of(vocabulary_, kWidth, 31);
  auto model = testing::model_of(vocabulary_, &bank, 22);
  const data::TokenRows rows(vocabulary_, bank);
  const data::BatchBuilder builder(corpus_, &rows, {}, 64);
  const auto reference = bank.row(bank.row_of(4));
  const std::vector<float> row(reference.begin(), reference.end());
  const auto tables =
      measure_shifts(model, torch::kCPU, {builder, &bank}, all_cells(),
                     std::vector<Perturbation>{{PerturbationKind::kReplaceRow, 6, row, row}}, {});
  for (const auto& gene : tables[0].genes)
    if (gene.count() > 0) EXPECT_NEAR(gene.mean(), 0.0, 1e-11);
}

TEST_F(EmbeddingShift, DoesNotDependOnHowCellsArePacked) {
  auto model = testing::model_of(vocabulary_, nullptr, 23);
  const data::BatchBuilder builder(corpus_, nullptr, {}, 64);
  const std::vector<Perturbation> deletion = {{PerturbationKind::kDelete, 4, {}, {}}};
  const auto alone = measure_shifts(model, torch::kCPU, {builder}, all_cells(), deletion, {-2, 1});
  const auto together = measure_shifts(model, torch::kCPU, {builder}, all_cells(), deletion, {-2, 1 << 20});
  for (std::size_t token = 0; token < alone[0].genes.size(); ++token) {
    ASSERT_EQ(alone[0].genes[token].count(), together[0].genes[token].count());
    if (alone[0].genes[token].count() > 0)
      EXPECT_NEAR(alone[0].genes[token].mean(), together[0].genes[token].mean(), 1e-6);
  }
}

TEST_F(EmbeddingShift, RefusesALayerThatIsNotThere) {
  auto model = testing::model_of(vocabulary_, nullptr, 23);
  const data::BatchBuilder builder(corpus_, nullptr, {}, 64);
  testing::expect_error<ConfigError>(
      [&] {
        measure_shifts(model, torch::kCPU, {builder}, all_cells(),
                       std::vector<Perturbation>{{PerturbationKind::kDelete, 4, {}, {}}}, {7, 100});
      },
      {"layer", "7", "3 layers"});
}

/// Sets a parameter by its full name.
void set(model::MaskedLanguageModel& model, const std::string& name, const torch::Tensor& value) {
  const torch::NoGradGuard no_gradient;
  auto parameters = model->named_parameters();
  ASSERT_NE(parameters.find(name), nullptr) << name;
  parameters[name].copy_(value);
}

/// A model made by hand, in which the reacting gene looks at the regulator and nobody else does.
///
/// Tokens are one-hot; weights have rows that sum to zero, so that layer normalisation of a one-hot scales a
/// gene's own column only. The reacting gene's query meets the regulator's key; all other queries meet the
/// keys of everything but the regulator, with logits so far apart that the softmax is exactly 0 or 1. Only
/// the regulator has a value.
model::MaskedLanguageModel planted_model(std::size_t genes, TokenId regulator, TokenId reacting) {
  const auto width = static_cast<std::int64_t>(genes) + 2;
  const std::int64_t spare = width - 1;
  model::ModelConfig config;
  config.bert = {2, width, 1, 4, 64, 0.0, 0.0, 1e-12, 0.02};
  config.embedding.kind = model::TokenEmbedding::kTable;
  config.vocabulary_size = static_cast<std::int64_t>(genes + cells::kFirstGeneToken);
  model::MaskedLanguageModel model(config);
  model->initialise(1);
  const torch::NoGradGuard no_gradient;
  for (auto& parameter : model->named_parameters())
    if (!parameter.key().ends_with("LayerNorm.weight")) parameter.value().zero_();
  auto table = torch::zeros({config.vocabulary_size, width});
  for (std::int64_t gene = 0; gene < static_cast<std::int64_t>(genes); ++gene) table[gene + 2][gene] = 1.0F;
  set(model, "bert.embeddings.word_embeddings.weight", table);

  const auto column = [](TokenId token) { return static_cast<std::int64_t>(token - cells::kFirstGeneToken); };
  auto query = torch::zeros({width, width});
  auto key = torch::zeros({width, width});
  auto value = torch::zeros({width, width});
  query[0][column(reacting)] = 1.0F;
  key[0][column(regulator)] = 200.0F;
  for (TokenId token = cells::kFirstGeneToken; token < genes + cells::kFirstGeneToken; ++token) {
    if (token != reacting) query[1][column(token)] = 1.0F;
    if (token != regulator) key[1][column(token)] = 200.0F;
  }
  value[2][column(regulator)] = 5.0F;
  for (auto& weight : {query, key, value}) weight.select(1, spare).copy_(-weight.sum(1));
  const std::string layer = "bert.encoder.layer.0.attention.";
  set(model, layer + "self.query.weight", query);
  set(model, layer + "self.key.weight", key);
  set(model, layer + "self.value.weight", value);
  set(model, layer + "output.dense.weight", torch::eye(width));
  model->eval();
  return model;
}

TEST_F(EmbeddingShift, FindsTheOneGeneThatReactsInAModelMadeByHand) {
  const TokenId regulator = 4;
  const TokenId reacting = 9;
  auto model = planted_model(kGenes, regulator, reacting);
  const data::BatchBuilder builder(corpus_, nullptr, {}, 64);
  const auto tables =
      measure_shifts(model, torch::kCPU, {builder}, all_cells(),
                     std::vector<Perturbation>{{PerturbationKind::kDelete, regulator, {}, {}}}, {});
  for (TokenId token = 2; token < vocabulary_.token_count(); ++token) {
    const RunningMoments& gene = tables[0].genes[token];
    if (token == regulator) continue;
    ASSERT_GT(gene.count(), 0U);
    if (token == reacting)
      EXPECT_GT(gene.mean(), 0.01);
    else
      EXPECT_NEAR(gene.mean(), 0.0, 1e-9) << token;
  }
  const GeneRanking ranking = rank_genes(tables[0], 1);
  EXPECT_EQ(ranking.genes.front().token, reacting);
  EXPECT_DOUBLE_EQ(test_gene_sets(ranking, std::vector<GeneSet>{{"target", {reacting}, {}}}).at(0).auroc,
                   1.0);
}

}  // namespace
}  // namespace biodta::analysis
