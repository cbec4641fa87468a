#include "cells/random_counts.hpp"
#include "testing.hpp"

#include <biodta/cells/median_estimator.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using testing::numbered;
using testing::random_counts;

void add_cells(MedianEstimator& estimator, const CountBlock& block, const std::vector<std::uint32_t>& genes,
               std::size_t begin, std::size_t end) {
  for (std::size_t cell = begin; cell < end; ++cell) {
    const std::size_t first = block.offsets[cell];
    const std::size_t count = block.offsets[cell + 1] - first;
    estimator.add(std::span(block.genes).subspan(first, count), std::span(block.counts).subspan(first, count),
                  genes);
  }
}

/// By full sorting, as numpy.median does.
std::map<std::string, double> medians_by_sorting(const CountBlock& block,
                                                 const std::vector<std::string>& ids) {
  std::map<std::string, std::vector<double>> values;
  for (std::size_t cell = 0; cell < block.cell_count(); ++cell) {
    double total = 0.0;
    for (std::size_t i = block.offsets[cell]; i < block.offsets[cell + 1]; ++i) total += block.counts[i];
    for (std::size_t i = block.offsets[cell]; i < block.offsets[cell + 1]; ++i) {
      if (block.counts[i] > 0.0F) values[ids[block.genes[i]]].push_back(block.counts[i] / total * 10'000.0);
    }
  }
  std::map<std::string, double> medians;
  for (auto& [id, sorted] : values) {
    std::sort(sorted.begin(), sorted.end());
    const std::size_t n = sorted.size();
    medians[id] = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0;
  }
  return medians;
}

TEST(MedianEstimatorTest, ExactOnRandomCountsWithGenesSortedById) {
  support::RandomStream random(5);
  std::vector<std::string> ids = numbered("G", 60);
  random.shuffle(ids);
  const CountBlock block = random_counts(101, ids.size(), 0.3, random);
  MedianEstimator estimator;
  add_cells(estimator, block, estimator.register_genes(ids), 0, block.cell_count());
  const std::map<std::string, double> expected = medians_by_sorting(block, ids);
  const Vocabulary vocabulary = estimator.vocabulary();
  ASSERT_EQ(vocabulary.gene_count(), expected.size());
  std::size_t i = 0;
  for (const auto& [id, median] : expected) {  // a map is sorted bytewise
    EXPECT_EQ(vocabulary.genes()[i].id, id);
    EXPECT_DOUBLE_EQ(vocabulary.genes()[i].median, median);
    ++i;
  }
}

TEST(MedianEstimatorTest, MergingEqualsOnePassWhateverTheOrder) {
  support::RandomStream random(6);
  const std::vector<std::string> ids = numbered("G", 40);
  std::vector<std::string> reversed(ids.rbegin(), ids.rend());
  const CountBlock first = random_counts(70, 40, 0.5, random);
  const CountBlock second = random_counts(30, 40, 0.5, random);
  MedianEstimator whole;
  add_cells(whole, first, whole.register_genes(ids), 0, 70);
  add_cells(whole, second, whole.register_genes(reversed), 0, 30);
  MedianEstimator parts[3];
  add_cells(parts[0], second, parts[0].register_genes(reversed), 0, 30);
  add_cells(parts[1], first, parts[1].register_genes(ids), 40, 70);
  add_cells(parts[2], first, parts[2].register_genes(ids), 0, 40);
  parts[0].merge(parts[1]);
  parts[0].merge(parts[2]);
  EXPECT_EQ(parts[0].vocabulary(), whole.vocabulary());
}

TEST(MedianEstimatorTest, TheTotalIsOverAllColumnsAndOneGenesColumnsAreSummed) {
  MedianEstimator estimator;
  const std::vector<std::string> ids = {"ENSG1.1", "ENSG2", "ENSG1.9"};
  const auto genes = estimator.register_genes(ids);
  estimator.add(std::vector<std::uint32_t>{0, 1, 2}, std::vector<float>{1, 5, 4}, genes);
  EXPECT_DOUBLE_EQ(estimator.median("ENSG1").value(), 5'000.0);
  EXPECT_DOUBLE_EQ(estimator.median("ENSG2.3").value(), 5'000.0);
  EXPECT_EQ(estimator.cells("ENSG1"), 1U);
  EXPECT_EQ(estimator.cells("ENSG7"), 0U);
  EXPECT_FALSE(estimator.median("ENSG7").has_value());
}

TEST(MedianEstimatorTest, GenesSeenInTooFewCellsGetNoToken) {
  MedianEstimator estimator;
  const auto genes = estimator.register_genes(std::vector<std::string>{"a", "b", "c"});
  estimator.add(std::vector<std::uint32_t>{0, 1}, std::vector<float>{1, 1}, genes);
  estimator.add(std::vector<std::uint32_t>{0, 2}, std::vector<float>{1, 0}, genes);
  EXPECT_EQ(estimator.vocabulary({1}).gene_count(), 2U);  // c is only ever a stored zero
  EXPECT_EQ(estimator.vocabulary({2}).gene_count(), 1U);
  expect_error<InputError>([&] { estimator.vocabulary({3}); }, {"no gene", "3 cells"});
  expect_error<InputError>([] { MedianEstimator().vocabulary(); }, {"no gene"});
}

TEST(MedianEstimatorTest, SymbolsComeFromTheFirstFileThatHasThem) {
  MedianEstimator estimator;
  const std::vector<std::string> ids = {"a", "b"};
  const auto genes = estimator.register_genes(ids);
  estimator.register_genes(ids, std::vector<std::string>{"A", ""});
  estimator.register_genes(ids, std::vector<std::string>{"Z", "B"});
  estimator.add(std::vector<std::uint32_t>{0, 1}, std::vector<float>{1, 1}, genes);
  EXPECT_EQ(estimator.vocabulary().genes()[0].symbol, "A");
  EXPECT_EQ(estimator.vocabulary().genes()[1].symbol, "B");
  expect_error<Error>([&] { estimator.register_genes(ids, std::vector<std::string>{"A"}); },
                      {"1 symbols for 2"});
}

}  // namespace
}  // namespace biodta::cells
