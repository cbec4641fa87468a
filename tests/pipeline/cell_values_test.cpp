// Values by which corpus cells are ranked, read again from their counts.
#include "pipeline/cell_values.hpp"

#include "cells/random_counts.hpp"
#include "pipeline/tokenize_fixture.hpp"

#include <gmock/gmock.h>

#include <map>
#include <numeric>

namespace biodta::pipeline {
namespace {

using biodta::testing::expect_error;
using ::testing::DoubleEq;
using ::testing::ElementsAre;

std::vector<std::uint32_t> every_cell(const cells::Corpus& corpus) {
  std::vector<std::uint32_t> cells(corpus.cell_count());
  std::iota(cells.begin(), cells.end(), 0U);
  return cells;
}

class RankValuesTest : public TokenizeTest {
 protected:
  RankValues values_of(const cells::Corpus& corpus, const std::vector<std::uint32_t>& cells) {
    return {corpus, cells, counts_, listener_};
  }
  RankValueOptions counts_{.counts = {folder_ / "a.h5ad", folder_ / "b.h5ad"}};
};

TEST_F(RankValuesTest, AreCountsOverMediansInTheOrderAsked) {
  const auto corpus = run();
  const auto values = values_of(corpus, {0, 1, 2});
  const std::vector<cells::TokenId> all = {3, 4, 2};
  EXPECT_THAT(values.values(0, all), ElementsAre(DoubleEq(2.0 / 1), DoubleEq(6 / 1.5), DoubleEq(4.0 / 2)));
  const std::vector<cells::TokenId> two = {4, 3};
  EXPECT_THAT(values.values(1, two), ElementsAre(DoubleEq(8 / 1.5), DoubleEq(1.0 / 1)));
  const std::vector<cells::TokenId> one = {2};
  EXPECT_THAT(values.values(2, one), ElementsAre(DoubleEq(5.0 / 2)));
  expect_error<Error>([&] { values.values(1, one); }, {"cell 1", "token 2"});
}

TEST_F(RankValuesTest, AreReadOfTheCellsAskedForAlone) {
  const auto corpus = run();
  const auto values = values_of(corpus, {2});
  const std::vector<cells::TokenId> genes = {4, 2};
  EXPECT_THAT(values.values(2, genes), ElementsAre(DoubleEq(5 / 1.5), DoubleEq(5.0 / 2)));
  expect_error<Error>([&] { values.values(0, genes); }, {"cell 0"});
}

TEST_F(RankValuesTest, SumTheColumnsOfOneGene) {
  add("c.h5ad", {"c0"}, {"ENSG1", "ENSG3", "ENSG1.7"}, {0, {0, 3}, {0, 1, 2}, {1, 3, 4}}, {"T"}, {0});
  options_.inputs = {folder_ / "c.h5ad"};
  const auto corpus = run();
  counts_.counts = options_.inputs;
  const std::vector<cells::TokenId> genes = {2, 4};
  EXPECT_THAT(values_of(corpus, {0}).values(0, genes), ElementsAre(DoubleEq(5.0 / 2), DoubleEq(3 / 1.5)));
}

/// Cells of 900 genes with many ties, cut at 100; the values are worked out from the counts themselves.
TEST_F(RankValuesTest, OrderManyCellsAsTheEncoderDidAlsoWhereItCutThem) {
  support::RandomStream random(5);
  const auto genes = cells::testing::numbered("ENSG", 900);
  const auto counts = cells::testing::random_counts(2300, genes.size(), 0.3, random);
  const auto vocabulary = cells::testing::tied_vocabulary(genes, random);
  vocabulary.write(folder_ / "v.tsv");
  const auto ids = cells::testing::numbered("cell", 2300);
  cells::write_h5ad(folder_ / "big.h5ad", {ids, genes, {}, {}, counts});
  options_.inputs = {folder_ / "big.h5ad"};
  options_.encoder.max_length = 100;
  const auto corpus = run();
  ASSERT_EQ(corpus.cell_count(), 2300U);
  std::vector<std::uint32_t> some;
  for (std::uint32_t cell = 3; cell < corpus.cell_count(); cell += cell < 40 ? 1 : 611) some.push_back(cell);
  counts_.counts = {folder_ / "big.h5ad"};
  const auto values = values_of(corpus, some);
  for (const std::uint32_t cell : some) {
    std::map<cells::TokenId, double> expected;
    for (auto i = counts.offsets[cell]; i < counts.offsets[cell + 1]; ++i)
      if (counts.counts[i] > 0.0F)
        expected[*vocabulary.token_of_id(genes[counts.genes[i]])] =
            static_cast<double>(counts.counts[i]) / vocabulary.genes()[counts.genes[i]].median;
    const auto ranked = tokens(corpus, cell);
    ASSERT_EQ(ranked.size(), 100U);
    const auto read = values.values(cell, ranked);
    for (std::size_t i = 0; i < ranked.size(); ++i) ASSERT_EQ(read[i], expected.at(ranked[i]));
    for (std::size_t i = 1; i < ranked.size(); ++i) ASSERT_GE(read[i - 1], read[i]);
  }
}

TEST_F(RankValuesTest, FindEqualBarcodesInTheFilesThatTheCellsComeFrom) {
  add("b.h5ad", {"a0"}, {"ENSG3", "ENSG1"}, {0, {0, 2}, {0, 1}, {5, 9}}, {"B"}, {0});
  const auto corpus = run();
  const std::vector<cells::TokenId> genes = {2};
  const auto values = values_of(corpus, every_cell(corpus));
  EXPECT_THAT(values.values(0, genes), ElementsAre(DoubleEq(4.0 / 2)));
  EXPECT_THAT(values.values(2, genes), ElementsAre(DoubleEq(9.0 / 2)));
  // Under other names nothing says which file is meant.
  for (const char* name : {"a", "b"})
    std::filesystem::copy_file(folder_ / (std::string(name) + ".h5ad"),
                               folder_ / ("moved-" + std::string(name) + ".h5ad"));
  counts_.counts = {folder_ / "moved-a.h5ad", folder_ / "moved-b.h5ad"};
  expect_error<InputError>([&] { values_of(corpus, {0}); },
                           {"'a0' is cell 1 of", "moved-a.h5ad", "moved-b.h5ad"});
}

TEST_F(RankValuesTest, NameACellThatIsInNoFile) {
  const auto corpus = run();
  counts_.counts = {folder_ / "a.h5ad"};
  expect_error<InputError>([&] { values_of(corpus, {0, 2}); }, {"no cell 'b0'", "a.h5ad"});
  counts_.counts.clear();
  expect_error<ConfigError>([&] { values_of(corpus, {0}); }, {"counts: is not set"});
}

TEST_F(RankValuesTest, NameAnIdThatAFileHasTwice) {
  const auto corpus = run();
  add("a.h5ad", {"a0", "a0", "a2"}, {"ENSG1", "ENSG2", "ENSG3"},
      {0, {0, 3, 4, 6}, {0, 1, 2, 0, 1, 2}, {4, 2, 6, 9, 1, 8}}, {"T", "B"}, {0, 1, 1});
  expect_error<InputError>([&] { values_of(corpus, {0}); }, {"'a0' is cell 1 of", "cell 2 of"});
}

TEST_F(RankValuesTest, RefuseCountsOfAnotherCorpus) {
  const auto corpus = run();
  add("a.h5ad", {"a0", "a1", "a2"}, {"ENSG1", "ENSG2", "ENSG3"},
      {0, {0, 3, 4, 6}, {0, 1, 2, 0, 1, 2}, {9, 2, 6, 9, 1, 8}}, {"T", "B"}, {0, 1, 1});
  expect_error<InputError>([&] { values_of(corpus, {0}); },
                           {"a.h5ad", "cell 'a0'", "another order", "from rank 1 on, ENSG3", "matrix"});
}

}  // namespace
}  // namespace biodta::pipeline
