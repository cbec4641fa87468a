#pragma once
/// @file
/// Per-cell metadata of one file, read in pieces.

#include <biodta/cells/count_source.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace biodta::cells {

/// A table with one row a cell. Memory does not grow with the rows, except for a dictionary of the distinct
/// texts of text columns. Not thread-safe.
class ObsFrame {
 public:
  virtual ~ObsFrame() = default;
  virtual std::uint64_t row_count() const = 0;
  virtual std::vector<std::string> index(std::uint64_t first, std::uint64_t count) const = 0;
  virtual const std::vector<ObsField>& fields() const = 0;
  virtual ObsValues read(std::size_t field, std::uint64_t first, std::uint64_t count) const = 0;
};

}  // namespace biodta::cells
