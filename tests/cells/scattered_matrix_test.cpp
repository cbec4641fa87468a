#include "cells/scattered_matrix.hpp"

#include "cells/random_counts.hpp"
#include "cells/text_files.hpp"
#include "testing.hpp"

#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using testing::CountMap;
using ::testing::ElementsAre;

/// Values in the order of a file, handed on in batches of three.
struct ScatteredFile {
  std::vector<std::uint32_t> cells;
  std::vector<std::uint32_t> genes;
  std::vector<float> counts;
  int scans = 0;

  void add(std::uint32_t cell, std::uint32_t gene, float count) {
    cells.push_back(cell);
    genes.push_back(gene);
    counts.push_back(count);
  }
  ScatteredMatrix::Scan scan() {
    return [this](const ScatteredMatrix::Sink& sink) {
      ++scans;
      for (std::size_t at = 0; at < cells.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, cells.size() - at);
        sink({std::span(cells).subspan(at, count), std::span(genes).subspan(at, count),
              std::span(counts).subspan(at, count)});
      }
    };
  }
};

/// The values of `block` that are not zero, in random order.
ScatteredFile scattered(const CountBlock& block, support::RandomStream& random) {
  std::vector<std::pair<std::uint32_t, std::size_t>> values;
  for (std::size_t cell = 0; cell < block.cell_count(); ++cell) {
    for (std::uint64_t i = block.offsets[cell]; i < block.offsets[cell + 1]; ++i) {
      if (block.counts[i] > 0.0F) values.emplace_back(static_cast<std::uint32_t>(cell), i);
    }
  }
  random.shuffle(values);
  ScatteredFile file;
  for (const auto& [cell, i] : values) file.add(cell, block.genes[i], block.counts[i]);
  return file;
}

CountMap read_from(ScatteredMatrix& matrix, std::uint64_t first, std::uint64_t cells,
                   std::uint64_t max_cells) {
  CountMap map;
  CountBlock block;
  while (first < cells) {
    matrix.read(first, std::min(max_cells, cells - first), block);
    EXPECT_EQ(block.first_cell, first);
    EXPECT_GE(block.cell_count(), 1U);
    EXPECT_LE(block.cell_count(), max_cells);
    testing::add_to(map, block);
    first += block.cell_count();
  }
  return map;
}

TEST(ScatteredMatrix, GivesEveryCellWhateverTheOrderTheBandsAndTheBlocks) {
  support::RandomStream random(1);
  for (const std::uint64_t cells : {1U, 7U, 60U}) {
    const CountBlock block = testing::random_counts(cells, 40, 0.3, random);
    const CountMap expected = testing::map_of(block);
    for (const std::uint64_t max_values : {1U, 50U, 200U, 100'000U}) {
      ScatteredFile file = scattered(block, random);
      ScatteredMatrix matrix(cells, file.scan(), max_values);
      for (const std::uint64_t max_cells : {1U, 3U, 1000U}) {
        EXPECT_EQ(read_from(matrix, 0, cells, max_cells), expected)
            << cells << " " << max_values << " " << max_cells;
      }
      const std::uint64_t middle = cells / 2;
      EXPECT_EQ(read_from(matrix, middle, cells, 2), testing::from_cell(expected, middle));
      EXPECT_EQ(read_from(matrix, 0, cells, 2), expected) << "after going back";
    }
  }
}

TEST(ScatteredMatrix, ScansOnceWhereAllFitsAndOnceABandMoreWhereNot) {
  ScatteredFile file;
  for (std::uint32_t gene = 0; gene < 2; ++gene) {
    for (std::uint32_t cell = 0; cell < 6; ++cell) file.add(cell, gene, 1.0F);
  }
  ScatteredMatrix whole(6, file.scan(), 12);
  read_from(whole, 3, 6, 1);
  read_from(whole, 0, 6, 1);
  EXPECT_EQ(file.scans, 1);
  EXPECT_TRUE(whole.whole());
  file.scans = 0;
  ScatteredMatrix banded(6, file.scan(), 4);  // two cells a band
  read_from(banded, 0, 6, 1);
  EXPECT_EQ(file.scans, 1 + 3);
  EXPECT_FALSE(banded.whole());
}

TEST(ScatteredMatrix, AtTheLimitAllIsKeptAndOneValueMoreIsNot) {
  ScatteredFile file;
  for (std::uint32_t cell = 0; cell < 5; ++cell) file.add(cell, 0, 2.0F);
  ScatteredMatrix fits(5, file.scan(), 5);
  fits.survey();
  EXPECT_TRUE(fits.whole());
  ScatteredMatrix exceeds(5, file.scan(), 4);
  exceeds.survey();
  EXPECT_FALSE(exceeds.whole());
}

TEST(ScatteredMatrix, KeepsTheScansOrderWithinACellAndRepeatedGenes) {
  ScatteredFile file;
  file.add(1, 5, 1.0F);
  file.add(0, 2, 2.0F);
  file.add(1, 3, 3.0F);
  file.add(1, 5, 4.0F);
  ScatteredMatrix matrix(3, file.scan());
  CountBlock block;
  matrix.read(0, 9, block);
  EXPECT_THAT(block.offsets, ElementsAre(0, 1, 4, 4));
  EXPECT_THAT(block.genes, ElementsAre(2, 5, 3, 5));
  EXPECT_THAT(block.counts, ElementsAre(2, 1, 3, 4));
}

TEST(ScatteredMatrix, SurveySaysCountsAndWhetherCellsAscend) {
  ScatteredFile file;
  for (const std::uint32_t cell : {0U, 0U, 2U, 2U, 2U}) file.add(cell, 1, 1.0F);
  ScatteredMatrix sorted(4, file.scan());
  EXPECT_THAT(sorted.survey().values_of_cell, ElementsAre(2, 0, 3, 0));
  EXPECT_TRUE(sorted.survey().ascending);
  file.add(1, 1, 1.0F);  // begins a batch of its own but one: order is followed across batches
  ScatteredMatrix unsorted(4, file.scan());
  EXPECT_FALSE(unsorted.survey().ascending);
}

TEST(ScatteredMatrix, AScanThatFailsLeavesNothingHalfRead) {
  ScatteredFile file;
  for (std::uint32_t cell = 0; cell < 4; ++cell) file.add(cell, 0, 1.0F);
  bool broken = true;
  const auto whole = file.scan();
  for (const std::uint64_t max_values : {2U, 100U}) {
    broken = true;
    ScatteredMatrix matrix(
        4,
        [&](const ScatteredMatrix::Sink& sink) {
          whole(sink);
          if (broken) throw Error("broken");
        },
        max_values);
    CountBlock block;
    expect_error<Error>([&] { matrix.read(0, 4, block); }, {"broken"});
    broken = false;
    EXPECT_EQ(read_from(matrix, 0, 4, 1).size(), 4U);
    broken = true;
    if (max_values == 2) expect_error<Error>([&] { matrix.read(0, 4, block); }, {"broken"});
    broken = false;
    EXPECT_EQ(read_from(matrix, 0, 4, 1).size(), 4U);
  }
}

TEST(ScatteredMatrix, AFileThatChangesIsRefused) {
  for (const int change : {+1, -1}) {
    ScatteredFile file;
    for (std::uint32_t cell = 0; cell < 4; ++cell) file.add(cell, 0, 1.0F);
    ScatteredMatrix matrix(4, file.scan(), 2);
    matrix.survey();
    if (change > 0) file.add(0, 1, 1.0F);
    if (change < 0) file = ScatteredFile{{1, 2, 3}, {0, 0, 0}, {1, 1, 1}};
    CountBlock block;
    expect_error<Error>([&] { matrix.read(0, 1, block); }, {"changed"});
  }
}

}  // namespace
}  // namespace biodta::cells
