#include "fixtures.hpp"

#include <biodta/analysis/mutant_identity.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace biodta::analysis {
namespace {

constexpr std::size_t kRowSize = 6;

class MutantIdentityTest : public ::testing::Test {
 protected:
  cells::Vocabulary vocabulary_ = testing::vocabulary_of(9);
  embedding::EmbeddingBank bank_ = testing::bank_of(vocabulary_, kRowSize, 3);
  model::MaskedLanguageModel model_ = testing::model_of(vocabulary_, &bank_, 4);

  std::vector<float> row(std::uint32_t gene) const {
    const auto values = bank_.row(bank_.row_of(gene));
    return {values.begin(), values.end()};
  }
  MutantIdentity identify(std::uint32_t gene, const std::vector<float>& mutant) {
    return identify_mutants(model_, torch::kCPU, bank_, std::vector<MutantRow>{{gene, mutant}}).at(0);
  }
  /// One row through one of the model's maps, as doubles.
  template <class Map>
  static std::vector<double> mapped(const std::vector<float>& row, const Map& map) {
    const torch::NoGradGuard no_gradient;
    const auto result = map(torch::tensor(row).unsqueeze(0)).to(torch::kFloat64).contiguous();
    const double* values = result.template data_ptr<double>();
    return {values, values + result.numel()};
  }
};

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

TEST_F(MutantIdentityTest, EqualsDistancesComputedGeneByGene) {
  std::vector<float> mutant = row(4);
  for (std::size_t e = 0; e < kRowSize; ++e) mutant[e] += 0.7F * static_cast<float>(e % 2);
  const MutantIdentity found = identify(4, mutant);
  const auto check = [&](const Nearness& near, const auto& map) {
    double nearest = std::numeric_limits<double>::infinity();
    std::string name;
    for (std::uint32_t gene = 0; gene < 9; ++gene) {
      const double apart = distance(mapped(row(gene), map), mapped(mutant, map));
      if (gene == 4) EXPECT_NEAR(near.own, apart, 1e-5);
      if (gene == 4 || apart >= nearest) continue;
      nearest = apart;
      name = bank_.symbols()[gene];
    }
    EXPECT_NEAR(near.nearest, nearest, 1e-5);
    EXPECT_EQ(near.nearest_gene, name);
  };
  check(found.input, [&](const torch::Tensor& rows) { return model_->map_rows(rows); });
  check(found.adapted, [&](const torch::Tensor& rows) { return model_->adapt(rows); });
}

TEST_F(MutantIdentityTest, ASmallChangeKeepsItAndAnotherGenesRowLosesIt) {
  std::vector<float> near = row(4);
  near[0] += 1e-3F;
  EXPECT_TRUE(identify(4, near).input.kept());
  EXPECT_TRUE(identify(4, near).adapted.kept());
  const MutantIdentity lost = identify(4, row(7));
  EXPECT_FALSE(lost.input.kept());
  EXPECT_EQ(lost.input.nearest_gene, "S7");
  EXPECT_NEAR(lost.input.nearest, 0.0, 1e-5);
}

TEST(MutantIdentifierTest, FindsTheNearestOfThousandsAsALoopOverThemDoes) {
  const auto vocabulary = testing::vocabulary_of(2600);  // more than are compared at once
  auto bank = testing::bank_of(vocabulary, kRowSize, 8);
  auto model = testing::model_of(vocabulary, &bank, 4);
  const MutantIdentifier identifier(model, torch::kCPU, bank);
  const torch::NoGradGuard no_gradient;
  const auto rows_GE =
      torch::from_blob(const_cast<float*>(bank.values().data()), {2600, static_cast<std::int64_t>(kRowSize)})
          .clone();
  support::RandomStream random(2);
  std::vector<std::uint32_t> genes;
  std::vector<std::vector<float>> mutants;
  for (const std::uint32_t gene : {0U, 1023U, 1024U, 1500U, 2047U, 2048U, 2599U}) {
    for (const double change : {0.0, 0.05, 0.3, 2.0}) {
      const auto row = bank.row(bank.row_of(gene));
      genes.push_back(gene);
      mutants.emplace_back(row.begin(), row.end());
      for (auto& value : mutants.back()) value += static_cast<float>(random.normal(0.0, change));
    }
  }
  std::vector<MutantRow> asked;
  for (std::size_t i = 0; i < genes.size(); ++i) asked.push_back({genes[i], mutants[i]});
  const auto found = identifier.identify(asked);
  ASSERT_EQ(found.size(), asked.size());
  const auto check = [&](const Nearness& near, std::size_t i, const torch::Tensor& all_GD,
                         const torch::Tensor& mutant_D) {
    const auto apart_G =
        (all_GD.to(torch::kFloat64) - mutant_D.to(torch::kFloat64)).square().sum(1).sqrt().contiguous();
    const double* distances = apart_G.data_ptr<double>();
    double nearest = std::numeric_limits<double>::infinity();
    std::string name;
    for (std::uint32_t gene = 0; gene < 2600; ++gene) {
      const double apart = distances[gene];
      if (gene == genes[i] || apart >= nearest) continue;
      nearest = apart;
      name = bank.symbols()[gene];
    }
    EXPECT_NEAR(near.own, distances[genes[i]], 1e-6);
    EXPECT_NEAR(near.nearest, nearest, 1e-6);
    EXPECT_EQ(near.nearest_gene, name);
  };
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto mutant_1E = torch::tensor(mutants[i]).unsqueeze(0);
    check(found[i].input, i, model->map_rows(rows_GE), model->map_rows(mutant_1E));
    check(found[i].adapted, i, model->adapt(rows_GE), model->adapt(mutant_1E));
  }
}

TEST_F(MutantIdentityTest, RefusesRowsOfAnotherSize) {
  EXPECT_THROW(identify(4, {1.0F, 2.0F}), Error);
}

}  // namespace
}  // namespace biodta::analysis
