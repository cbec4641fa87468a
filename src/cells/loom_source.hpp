#pragma once
/// @file
/// Counts from a loom file (versions 2 and 3): the main matrix or a layer, genes × cells.

#include "table_source.hpp"

#include <string>
#include <vector>

namespace biodta::cells {

/// Whether the file has the form of a loom file.
bool is_loom(const support::hdf5::File& file);

class LoomSource final : public TableSource {
 public:
  LoomSource(const support::hdf5::File& file, const CountSourceOptions& options);

  std::string format() const override { return "loom"; }
  std::vector<std::string> matrix_names() const override;
};

}  // namespace biodta::cells
