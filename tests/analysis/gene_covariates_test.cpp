#include <biodta/analysis/gene_covariates.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::ElementsAre;
using Tokens = std::vector<cells::TokenId>;

TEST(GeneCovariatesOfCells, CountCellsAndAverageRelativeRanks) {
  const std::vector<Tokens> cells = {{4, 2, 3, 5}, {2, 4}, {3}};
  const std::vector<std::span<const cells::TokenId>> spans(cells.begin(), cells.end());
  const auto found = gene_covariates(spans, 7);
  ASSERT_EQ(found.size(), 7U);
  EXPECT_EQ(found[2].cells, 2U);
  EXPECT_DOUBLE_EQ(found[2].mean_rank, (1.5 / 4.0 + 0.5 / 2.0) / 2.0);
  EXPECT_DOUBLE_EQ(found[3].mean_rank, (2.5 / 4.0 + 0.5) / 2.0);
  EXPECT_DOUBLE_EQ(found[5].mean_rank, 3.5 / 4.0);
  EXPECT_EQ(found[6].cells, 0U);
  EXPECT_TRUE(std::isnan(found[6].mean_rank));
}

TEST(GeneCovariatesOfCells, RefuseATokenThatTheVocabularyCannotHave) {
  const Tokens cell = {9};
  const std::vector<std::span<const cells::TokenId>> spans = {cell};
  EXPECT_THROW(gene_covariates(spans, 7), Error);
}

TEST(MatchedGenes, AreTheNearestInDetectionAndRank) {
  // Tokens 2 … 8 at growing detection; 9 is detected as often as 5 but ranks far from it; 10 is never seen.
  std::vector<GeneCovariates> covariates(11);
  for (cells::TokenId token = 2; token <= 8; ++token)
    covariates[token] = {10ULL * token, 0.1 * static_cast<double>(token)};
  covariates[9] = {50, 0.95};
  const Tokens candidates = {10, 9, 8, 7, 6, 5, 4, 3, 2, 4};
  EXPECT_THAT(matched_genes(covariates, 5, candidates, 3), ElementsAre(4, 6, 3));
  EXPECT_EQ(matched_genes(covariates, 5, candidates, 100).size(), 7U);
  EXPECT_THROW(matched_genes(covariates, 10, candidates, 3), Error);
}

}  // namespace
}  // namespace biodta::analysis
