#pragma once
/// @file
/// A matrix of cells × genes in a file, read in blocks of cells.

#include <biodta/cells/count_source.hpp>

#include <cstdint>
#include <string>

namespace biodta::cells {

/// Memory stays bounded whatever the size of the matrix. Not thread-safe.
class Matrix {
 public:
  Matrix() = default;
  virtual ~Matrix() = default;
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;

  virtual std::uint64_t rows() const = 0;     ///< cells
  virtual std::uint64_t columns() const = 0;  ///< genes; fits 32 bits
  /// As the file calls it: "X", "layers/counts".
  virtual const std::string& name() const = 0;
  /// How the values lie in the file, for people: "CSR".
  virtual std::string layout() const = 0;
  /// Rows from `first` (below rows()) on: at most `max_rows`, and fewer (but at least one) where memory would
  /// not hold their values. Throws InputError for structure that is damaged; the values are not looked at.
  virtual void read(std::uint64_t first, std::uint64_t max_rows, CountBlock& block) = 0;
};

}  // namespace biodta::cells
