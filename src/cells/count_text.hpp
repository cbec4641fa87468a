#pragma once
/// @file
/// Counts as text, for the files that hold them so.

#include <biodta/cells/count_source.hpp>

#include <string_view>

namespace biodta::cells {

/// Reads the number that [at, end) begins with: whole, decimal or with an exponent. Very many are read,
/// mostly small whole ones, which is what this is quick at.
/// @param value  the nearest float32; infinite above its range.
/// @return where the number ends; nullptr where there is none.
const char* parse_count(const char* at, const char* end, float& value);

/// Throws InputError where CountSourceOptions::matrix names a matrix that a file of only one, `name`, has
/// not.
void require_only_matrix(const CountSourceOptions& options, std::string_view name,
                         const std::filesystem::path& path);

}  // namespace biodta::cells
