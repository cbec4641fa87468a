#pragma once
/// @file
/// The attributes of loom's rows or columns as a table.

#include "column_frame.hpp"

#include <biodta/support/hdf5.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace biodta::cells {

/// Each attribute of one dimension is a column; the others are left out.
class LoomAttributes final : public ColumnFrame {
 public:
  /// @param path  of the file, for messages. @param group  row_attrs or col_attrs. @param rows  that each
  /// attribute must have. @param index_names  of the attribute that names the rows; the first that there is.
  LoomAttributes(std::filesystem::path path, support::hdf5::Group group, std::uint64_t rows,
                 std::span<const std::string_view> index_names);

 private:
  std::optional<ColumnReader> open_column(const std::string& name) const override;

  support::hdf5::Group group_;
};

}  // namespace biodta::cells
