#pragma once
/// @file
/// The values that are not zero, out of a dense matrix in HDF5.

#include "matrix.hpp"
#include "scattered_matrix.hpp"

#include <biodta/support/hdf5.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace biodta::cells {

/// Reads band by band of cells, and each band tile by tile along the chunks of the dataset, so that a chunk
/// is decompressed once. Memory holds a tile and the values of a band that are not zero; where a chunk spans
/// so many cells that these are very many, the band is scanned again for each part of them.
class DenseMatrix final : public Matrix {
 public:
  enum class Orientation {
    kCellsFirst,  ///< [cells, genes], as in AnnData
    kGenesFirst   ///< [genes, cells], as in loom
  };
  /// What a tile, and a band of a dataset without chunks, holds at most; a tile is never less than a chunk.
  static constexpr std::uint64_t kTileValues = std::uint64_t{1} << 22;

  DenseMatrix(std::filesystem::path path, support::hdf5::Dataset dataset, std::string name,
              Orientation orientation, std::uint64_t tile_values = kTileValues,
              std::uint64_t max_values = ScatteredMatrix::kMaxValues);

  std::uint64_t rows() const override { return cells_; }
  std::uint64_t columns() const override { return genes_; }
  const std::string& name() const override { return name_; }
  std::string layout() const override { return "dense"; }
  void read(std::uint64_t first, std::uint64_t max_rows, CountBlock& block) override;

 private:
  /// Consecutive cells whose values are read together.
  struct Band {
    std::uint64_t first = 0;
    std::uint64_t cells = 0;
  };
  void choose_tiles(std::uint64_t tile_values);
  void open_band(std::uint64_t cell);
  void scan(const ScatteredMatrix::Sink& sink);
  void read_tile(std::uint64_t first_gene, std::uint64_t genes);
  void collect(std::uint64_t first_gene, std::uint64_t genes);

  std::filesystem::path path_;
  support::hdf5::Dataset dataset_;
  std::string name_;
  Orientation orientation_;
  std::uint64_t max_values_;
  std::uint64_t cells_ = 0;
  std::uint64_t genes_ = 0;
  std::uint64_t band_cells_ = 1;
  std::uint64_t tile_genes_ = 1;

  Band band_;
  std::optional<ScatteredMatrix> values_;  // of the band, its cells counted from 0
  // Kept between tiles, so that they are allocated once.
  std::vector<float> tile_;
  std::vector<std::uint32_t> found_cells_;
  std::vector<std::uint32_t> found_genes_;
  std::vector<float> found_counts_;
};

}  // namespace biodta::cells
