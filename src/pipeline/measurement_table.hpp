#pragma once
/// @file
/// A text table of measurements: one value a row and column, none missing. Internal to the room.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::pipeline {

struct MeasurementTable {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<float> values;  ///< [rows, columns], finite and not negative
};

/// Reads TSV (plain or gzip): a header whose first field names the rows and whose others are columns, then a
/// line a row. Throws InputError, naming line and column, for lines of another width, rows and columns that
/// are named twice or not at all, and values that are negative, missing or no numbers; and when there is no
/// row or column.
/// @param row,column  what they are called in errors, for example "gene" and "donor".
MeasurementTable read_measurements(const std::filesystem::path& path, std::string_view row,
                                   std::string_view column);

}  // namespace biodta::pipeline
