#pragma once
/// @file
/// Metadata of cells from several files, as one table.

#include <biodta/cells/count_source.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace biodta::cells {

/// Joins obs columns by name. A file without a column has missing values there. Categories are united in the
/// order in which they first appear; a column that is numbers in one file and categories in another becomes
/// categories.
class ObsTable {
 public:
  /// Adds the rows `kept` of a file's columns, in that order.
  void append(std::span<const ObsColumn> columns, std::span<const std::uint64_t> kept);
  std::uint64_t row_count() const noexcept { return rows_; }
  /// Columns in the order in which they first appeared, each with row_count() values.
  const std::vector<ObsColumn>& columns() const noexcept { return columns_; }

 private:
  ObsColumn& column_like(const ObsColumn& column);
  std::uint64_t rows_ = 0;
  std::vector<ObsColumn> columns_;
};

}  // namespace biodta::cells
