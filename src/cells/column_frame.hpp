#pragma once
/// @file
/// A table made of columns that are opened one by one: what AnnData's groups, its older compound tables and
/// loom's attributes have in common.

#include "column_reader.hpp"

#include <biodta/cells/count_source.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace biodta::cells {

/// Memory does not grow with the rows, except for a dictionary of the distinct texts of text columns. Not
/// thread-safe.
class ColumnFrame {
 public:
  virtual ~ColumnFrame() = default;
  std::uint64_t row_count() const noexcept { return rows_; }
  /// Row names. Throws InputError when the rows lie outside the table.
  std::vector<std::string> index(std::uint64_t first, std::uint64_t count) const;
  std::vector<std::string> index() const { return index(0, row_count()); }
  /// Throws InputError for a column that has not one value a row.
  const std::vector<ObsField>& fields() const;
  ObsValues read(std::size_t field, std::uint64_t first, std::uint64_t count) const;

  /// Whether the table names its rows; otherwise they are called "cell N", from 0.
  bool has_index() const noexcept { return index_.has_value(); }
  /// Names of the columns in their order, the index left out.
  const std::vector<std::string>& columns() const noexcept { return columns_; }
  bool has_column(std::string_view name) const;
  /// A whole column as categories or numbers; nothing when it is of a kind that is neither.
  std::optional<ObsColumn> column(std::string_view name) const;
  /// A column as text, one a row; nothing when it is missing or holds numbers.
  std::optional<std::vector<std::string>> text_column(std::string_view name) const;

 protected:
  explicit ColumnFrame(std::filesystem::path path) : path_(std::move(path)) {}
  /// Nothing for a column that is no column of metadata.
  virtual std::optional<ColumnReader> open_column(const std::string& name) const = 0;

  const std::filesystem::path& path() const noexcept { return path_; }
  void set_rows(std::uint64_t rows) { rows_ = rows; }
  /// Row names, and with them the number of rows.
  void set_index(ColumnReader index);
  void set_columns(std::vector<std::string> columns) { columns_ = std::move(columns); }

 private:
  std::filesystem::path path_;
  std::uint64_t rows_ = 0;
  std::optional<ColumnReader> index_;
  std::vector<std::string> columns_;
  mutable bool opened_ = false;
  mutable std::vector<ColumnReader> readers_;  // of fields_, one each
  mutable std::vector<ObsField> fields_;
};

}  // namespace biodta::cells
