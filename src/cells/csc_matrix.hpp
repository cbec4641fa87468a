#pragma once
/// @file
/// Cells in order, out of a matrix in CSC (genes first).

#include "matrix.hpp"
#include "scattered_matrix.hpp"
#include "sparse_arrays.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace biodta::cells {

/// Stored zeros are left out.
class CscMatrix final : public Matrix {
 public:
  /// @param arrays  whose lines are genes. @param max_values  held at once, see ScatteredMatrix.
  explicit CscMatrix(SparseArrays arrays, std::uint64_t max_values = ScatteredMatrix::kMaxValues);

  std::uint64_t rows() const override { return arrays_.form().across; }
  std::uint64_t columns() const override { return arrays_.form().lines; }
  const std::string& name() const override { return arrays_.name(); }
  std::string layout() const override { return "CSC"; }
  void read(std::uint64_t first, std::uint64_t max_rows, CountBlock& block) override;

 private:
  void scan(const ScatteredMatrix::Sink& sink);

  SparseArrays arrays_;
  std::vector<std::uint64_t> offsets_;  // of the genes; empty until the first scan
  ScatteredMatrix cells_;
};

}  // namespace biodta::cells
