#pragma once
/// @file
/// Writes AnnData .h5ad (encoding 0.8+), so that scanpy and anndata open what Bio-DTA makes.

#include <biodta/cells/count_source.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace biodta::cells {

struct H5adContents {
  std::vector<std::string> cell_ids;
  std::vector<std::string> gene_ids;
  std::vector<std::string> gene_symbols;  ///< var column "gene_symbol"; empty = none
  std::vector<ObsColumn> obs;
  CountBlock counts;  ///< all cells; becomes X, CSR, float32
};
/// Atomic.
void write_h5ad(const std::filesystem::path& path, const H5adContents& contents);

}  // namespace biodta::cells
