#pragma once
/// @file
/// Cells in order, out of a matrix in CSR.

#include "matrix.hpp"
#include "sparse_arrays.hpp"

#include <cstdint>
#include <string>

namespace biodta::cells {

/// Holds nothing but the block asked for.
class CsrMatrix final : public Matrix {
 public:
  /// Bounds a block at 32 MiB, and as much again where the file's types differ from ours.
  static constexpr std::uint64_t kMaxValues = std::uint64_t{1} << 22;

  /// @param arrays  whose lines are cells.
  explicit CsrMatrix(SparseArrays arrays, std::uint64_t max_values = kMaxValues);

  std::uint64_t rows() const override { return arrays_.form().lines; }
  std::uint64_t columns() const override { return arrays_.form().across; }
  const std::string& name() const override { return arrays_.name(); }
  std::string layout() const override { return "CSR"; }
  void read(std::uint64_t first, std::uint64_t max_rows, CountBlock& block) override;

 private:
  SparseArrays arrays_;
  std::uint64_t max_values_;
};

}  // namespace biodta::cells
