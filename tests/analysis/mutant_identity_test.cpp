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

TEST_F(MutantIdentityTest, RefusesRowsOfAnotherSize) {
  EXPECT_THROW(identify(4, {1.0F, 2.0F}), Error);
}

}  // namespace
}  // namespace biodta::analysis
