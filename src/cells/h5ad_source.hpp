#pragma once
/// @file
/// Counts from an AnnData .h5ad file of any age: X, raw/X or a layer, in CSR, CSC or dense.

#include "table_source.hpp"

#include <string>
#include <vector>

namespace biodta::cells {

class H5adSource final : public TableSource {
 public:
  H5adSource(const support::hdf5::File& file, const CountSourceOptions& options);

  std::string format() const override { return "AnnData .h5ad, " + matrix().layout(); }
  std::vector<std::string> matrix_names() const override;
};

}  // namespace biodta::cells
