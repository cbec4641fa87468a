#include "cells/random_counts.hpp"
#include "testing.hpp"

#include <biodta/cells/median_estimator.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using testing::numbered;
using testing::random_counts;

void add_cells(MedianEstimator& estimator, const CountBlock& block, const std::vector<std::uint32_t>& genes,
               std::size_t begin, std::size_t end) {
  std::vector<std::uint8_t> keep(block.cell_count(), 0);
  std::fill(keep.begin() + static_cast<std::ptrdiff_t>(begin),
            keep.begin() + static_cast<std::ptrdiff_t>(end), 1);
  estimator.add(block, keep, genes);
}

void add_cell(MedianEstimator& estimator, std::vector<std::uint32_t> columns, std::vector<float> counts,
              const std::vector<std::uint32_t>& genes) {
  const CountBlock block{0, {0, columns.size()}, std::move(columns), std::move(counts)};
  add_cells(estimator, block, genes, 0, 1);
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
  const std::vector<std::string> ids = {"ENSG1", "ENSG2", "ENSG1"};
  const auto genes = estimator.register_genes(ids);
  add_cell(estimator, {0, 1, 2}, {1, 5, 4}, genes);
  EXPECT_DOUBLE_EQ(estimator.median("ENSG1").value(), 5'000.0);
  EXPECT_DOUBLE_EQ(estimator.median("ENSG2").value(), 5'000.0);
  EXPECT_EQ(estimator.cells("ENSG1"), 1U);
  EXPECT_EQ(estimator.cells("ENSG7"), 0U);
  EXPECT_FALSE(estimator.median("ENSG7").has_value());
}

TEST(MedianEstimatorTest, GenesSeenInTooFewCellsGetNoToken) {
  const auto seen_in = [](std::int64_t cells) {
    MedianEstimator estimator({.min_cells = cells});
    const auto genes = estimator.register_genes(std::vector<std::string>{"a", "b", "c"});
    add_cell(estimator, {0, 1}, {1, 1}, genes);
    add_cell(estimator, {0, 2}, {1, 0}, genes);
    return estimator;
  };
  EXPECT_EQ(seen_in(1).vocabulary().gene_count(), 2U);  // c is only ever a stored zero
  EXPECT_EQ(seen_in(2).vocabulary().gene_count(), 1U);
  expect_error<InputError>([&] { seen_in(3).vocabulary(); }, {"no gene", "3 cells"});
  expect_error<InputError>([] { MedianEstimator().vocabulary(); }, {"no gene"});
}

TEST(MedianEstimatorTest, SymbolsComeFromTheFirstFileThatHasThem) {
  MedianEstimator estimator;
  const std::vector<std::string> ids = {"a", "b"};
  const auto genes = estimator.register_genes(ids);
  estimator.register_genes(ids, std::vector<std::string>{"A", ""});
  estimator.register_genes(ids, std::vector<std::string>{"Z", "B"});
  add_cell(estimator, {0, 1}, {1, 1}, genes);
  EXPECT_EQ(estimator.vocabulary().genes()[0].symbol, "A");
  EXPECT_EQ(estimator.vocabulary().genes()[1].symbol, "B");
  expect_error<Error>([&] { estimator.register_genes(ids, std::vector<std::string>{"A"}); },
                      {"1 symbols for 2"});
}

/// Random cells of many counts, so that values are spread over several octaves.
struct ManyValues {
  ManyValues() {
    support::RandomStream random(17);
    for (int cell = 0; cell < 400; ++cell) {
      for (std::uint32_t gene = 0; gene < 30; ++gene) {
        if (!random.bernoulli(0.7)) continue;
        block.genes.push_back(gene);
        block.counts.push_back(static_cast<float>(1 + random.poisson(random.gamma(0.5, 100.0))));
      }
      block.offsets.push_back(block.genes.size());
    }
  }
  std::vector<std::string> ids = numbered("G", 30);
  CountBlock block;
};

TEST(MedianEstimatorTest, BeyondTheExactValuesMediansAreWithinAThousandth) {
  const ManyValues many;
  MedianEstimator estimator({.exact_values = 100});
  add_cells(estimator, many.block, estimator.register_genes(many.ids), 0, 400);
  EXPECT_FALSE(estimator.exact());
  for (const auto& [id, median] : medians_by_sorting(many.block, many.ids)) {
    EXPECT_NEAR(estimator.median(id).value() / median, 1.0, 1e-3) << id;
  }
}

TEST(MedianEstimatorTest, WhetherValuesWereMergedBeforeOrAfterTheBoundChangesNothing) {
  const ManyValues many;
  const auto part = [&](std::size_t begin, std::size_t end, std::int64_t exact_values) {
    MedianEstimator estimator({.exact_values = exact_values});
    add_cells(estimator, many.block, estimator.register_genes(many.ids), begin, end);
    return estimator;
  };
  // Four exact parts are together above the bound; two of the others are above it alone.
  const std::int64_t bound = 5000;
  MedianEstimator exact_parts = part(0, 100, bound);
  for (const std::size_t begin : {300U, 100U, 200U}) exact_parts.merge(part(begin, begin + 100, bound));
  MedianEstimator uneven = part(350, 400, bound);
  uneven.merge(part(0, 350, bound));
  EXPECT_FALSE(exact_parts.exact());
  EXPECT_EQ(exact_parts.vocabulary(), uneven.vocabulary());
  EXPECT_EQ(exact_parts.vocabulary(), part(0, 400, bound).vocabulary());
}

TEST(MedianEstimatorTest, MediansOfAGivenVocabularyKeepItsGenesAndOrder) {
  MedianEstimator estimator({.min_cells = 2});
  const auto genes = estimator.register_genes(std::vector<std::string>{"a", "b", "x"});
  add_cell(estimator, {0, 1, 2}, {1, 1, 2}, genes);
  add_cell(estimator, {0, 2}, {1, 3}, genes);
  const Vocabulary known({{"b", "B", 9.0}, {"never", "N", 9.0}, {"a", "A", 9.0}},
                         SpecialTokens::kPadMaskClsEos);
  const Vocabulary found = estimator.medians_of(known);
  EXPECT_EQ(found, Vocabulary({{"b", "B", std::nan("")}, {"never", "N", std::nan("")}, {"a", "A", 2500.0}},
                              SpecialTokens::kPadMaskClsEos));
  expect_error<InputError>(
      [&] {
        estimator.medians_of(Vocabulary({{"z", "Z", 1.0}}));
      },
      {"no gene", "vocabulary"});
}

}  // namespace
}  // namespace biodta::cells
