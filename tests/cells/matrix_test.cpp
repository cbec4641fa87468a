// The matrices with bounds so small that a few values are cut into tiles, bands and blocks.
#include "cells/count_files.hpp"
#include "testing.hpp"

#include <biodta/support/hdf5.hpp>
#include <biodta/support/random.hpp>

#include <cells/csc_matrix.hpp>
#include <cells/csr_matrix.hpp>
#include <cells/dense_matrix.hpp>

#include <memory>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using biodta::testing::TemporaryFolder;
using testing::Counts;

constexpr std::uint64_t kCells = 37;
constexpr std::uint64_t kGenes = 23;

/// Cells × genes; about a third of the values are not zero.
std::vector<float> random_matrix() {
  support::RandomStream random(3);
  std::vector<float> values(kCells * kGenes);
  for (float& value : values) value = random.bernoulli(0.3) ? static_cast<float>(1 + random.below(99)) : 0.0F;
  return values;
}

Counts counts_of(const std::vector<float>& values) {
  Counts counts;
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0.0F) counts[{i / kGenes, static_cast<std::uint32_t>(i % kGenes)}] = values[i];
  }
  return counts;
}

std::vector<float> transposed(const std::vector<float>& values) {
  std::vector<float> result;
  for (std::uint64_t gene = 0; gene < kGenes; ++gene) {
    for (std::uint64_t cell = 0; cell < kCells; ++cell) result.push_back(values[cell * kGenes + gene]);
  }
  return result;
}

Counts read_matrix(Matrix& matrix, std::uint64_t max_rows) {
  Counts counts;
  CountBlock block;
  std::uint64_t next = 0;
  while (next < matrix.rows()) {
    matrix.read(next, max_rows, block);
    EXPECT_EQ(block.first_cell, next);
    EXPECT_GE(block.cell_count(), 1U);
    EXPECT_LE(block.cell_count(), max_rows);
    testing::add_block(counts, block);
    next += block.cell_count();
  }
  return counts;
}

/// A sparse matrix whose lines are the rows of `values`; a zero is stored now and then.
void write_sparse(hdf5::File& file, const std::string& name, const std::vector<float>& values,
                  std::uint64_t width) {
  std::vector<float> data;
  std::vector<std::int32_t> indices;
  std::vector<std::int32_t> indptr = {0};
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0.0F || i % 11 == 0) {
      data.push_back(values[i]);
      indices.push_back(static_cast<std::int32_t>(i % width));
    }
    if (i % width == width - 1) indptr.push_back(static_cast<std::int32_t>(data.size()));
  }
  hdf5::Group group = file.create_group(name);
  group.create_values<float>("data", data);
  group.create_values<std::int32_t>("indices", indices);
  group.create_values<std::int32_t>("indptr", indptr);
}

class MatrixTest : public ::testing::Test {
 protected:
  MatrixTest() : values_(random_matrix()), expected_(counts_of(values_)) {}
  hdf5::File reopen(hdf5::File& file) {
    file.close();
    return hdf5::File::open(folder_ / "a.h5");
  }
  TemporaryFolder folder_;
  std::vector<float> values_;
  Counts expected_;
};

TEST_F(MatrixTest, SparseMatricesGiveTheSameCellsWhateverTheirBounds) {
  hdf5::File made = hdf5::File::create(folder_ / "a.h5");
  write_sparse(made, "csr", values_, kGenes);
  write_sparse(made, "csc", transposed(values_), kCells);
  const hdf5::File file = reopen(made);
  for (const std::uint64_t max_values : {1U, 20U, 100U, 100000U}) {
    for (const std::uint64_t max_rows : {1U, 4U, 1000U}) {
      SCOPED_TRACE(std::to_string(max_values) + " values, " + std::to_string(max_rows) + " rows");
      CsrMatrix csr(SparseArrays(file.path(), file.group("csr"), "csr", {kCells, kGenes, "cells", "genes"}),
                    max_values);
      EXPECT_EQ(read_matrix(csr, max_rows), expected_);
      CscMatrix csc(SparseArrays(file.path(), file.group("csc"), "csc", {kGenes, kCells, "genes", "cells"}),
                    max_values);
      EXPECT_EQ(csc.rows(), kCells);
      EXPECT_EQ(csc.columns(), kGenes);
      EXPECT_EQ(read_matrix(csc, max_rows), expected_);
      CountBlock block;
      csc.read(2, 1, block);
      for (const float count : block.counts) EXPECT_NE(count, 0.0F);
    }
  }
}

TEST_F(MatrixTest, DenseMatricesGiveTheSameCellsWhateverTheirChunksTilesAndBounds) {
  using Orientation = DenseMatrix::Orientation;
  const std::vector<std::vector<std::uint64_t>> chunks = {{},      {1, 1},  {5, 4},  {16, 23},
                                                          {37, 1}, {1, 23}, {37, 23}};
  hdf5::File made = hdf5::File::create(folder_ / "a.h5");
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    std::vector<std::uint64_t> flipped(chunks[i].rbegin(), chunks[i].rend());
    const int gzip = chunks[i].empty() ? 0 : 1;
    made.create_dataset("cells" + std::to_string(i), hdf5::ElementType::kFloat32,
                        std::vector<std::uint64_t>{kCells, kGenes}, {chunks[i], gzip, false, false})
        .write_all<float>(values_);
    made.create_dataset("genes" + std::to_string(i), hdf5::ElementType::kUint16,
                        std::vector<std::uint64_t>{kGenes, kCells}, {flipped, gzip, false, false})
        .write_all<float>(transposed(values_));
  }
  const hdf5::File file = reopen(made);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    for (const std::uint64_t tile_values : {1U, 50U, 200U, 100000U}) {
      for (const std::uint64_t max_values : {10U, 100000U}) {
        SCOPED_TRACE(std::to_string(i) + " " + std::to_string(tile_values) + " " +
                     std::to_string(max_values));
        const std::string digits = std::to_string(i);
        DenseMatrix cells(file.path(), file.dataset("cells" + digits), "cells", Orientation::kCellsFirst,
                          tile_values, max_values);
        EXPECT_EQ(read_matrix(cells, 6), expected_);
        DenseMatrix genes(file.path(), file.dataset("genes" + digits), "genes", Orientation::kGenesFirst,
                          tile_values, max_values);
        EXPECT_EQ(genes.rows(), kCells);
        EXPECT_EQ(read_matrix(genes, 6), expected_);
      }
    }
  }
}

TEST_F(MatrixTest, AMatrixWithoutGenesHasCellsWithoutCounts) {
  hdf5::File made = hdf5::File::create(folder_ / "a.h5");
  made.create_dataset("dense", hdf5::ElementType::kFloat32, std::vector<std::uint64_t>{3, 0});
  hdf5::Group csc = made.create_group("csc");
  csc.create_values<float>("data", std::vector<float>{});
  csc.create_values<std::int32_t>("indices", std::vector<std::int32_t>{});
  csc.create_values<std::int32_t>("indptr", std::vector<std::int32_t>{0});
  const hdf5::File file = reopen(made);
  DenseMatrix dense(file.path(), file.dataset("dense"), "dense", DenseMatrix::Orientation::kCellsFirst);
  EXPECT_TRUE(read_matrix(dense, 2).empty());
  CscMatrix sparse(SparseArrays(file.path(), file.group("csc"), "csc", {0, 3, "genes", "cells"}));
  EXPECT_TRUE(read_matrix(sparse, 2).empty());
}

}  // namespace
}  // namespace biodta::cells
