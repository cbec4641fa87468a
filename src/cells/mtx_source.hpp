#pragma once
/// @file
/// Counts from a folder of matrix.mtx, features.tsv (or genes.tsv) and barcodes.tsv, as Cell Ranger, STARsolo
/// and GEO give them.

#include "mtx_files.hpp"
#include "mtx_reader.hpp"
#include "scattered_matrix.hpp"

#include <biodta/cells/count_source.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace biodta::cells {

/// @param path        the folder, or the matrix file in it.
/// @param max_values  how many counts are held in memory at most, but for one cell's.
/// Throws InputError where files are missing or do not fit each other.
std::unique_ptr<CountSource> open_mtx(const std::filesystem::path& path, const CountSourceOptions& options,
                                      std::uint64_t max_values = ScatteredMatrix::kMaxValues);

/// The first read parses the matrix file once, from begin to end, and checks all of it. What is small stays
/// in memory from then on. Larger files that hold their cells in order, as most do, are parsed once more
/// while their cells are read; those that do not are parsed once for every band of cells.
class MtxSource final : public CountSource {
 public:
  MtxSource(std::filesystem::path path, const CountSourceOptions& options, std::uint64_t max_values);
  MtxSource(const MtxSource&) = delete;
  MtxSource& operator=(const MtxSource&) = delete;

  std::string format() const override { return "10x mtx"; }
  const std::filesystem::path& path() const override { return path_; }
  std::vector<std::filesystem::path> files() const override {
    return {files_.matrix, files_.features, files_.barcodes};
  }
  std::uint64_t cell_count() const override { return cells_.size(); }
  const std::vector<std::string>& gene_ids() const override { return features_.ids; }
  std::vector<std::string> gene_symbols() const override { return features_.symbols; }
  std::string matrix_name() const override { return "matrix"; }
  std::vector<std::string> cell_ids(std::uint64_t first, std::uint64_t count) const override {
    return cells_.slice(first, count);
  }

 protected:
  void read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) override;

 private:
  struct Value {
    std::uint32_t cell;
    std::uint32_t gene;
    float count;
  };
  void check_sizes();
  MtxReader open_matrix() const;
  bool next_value(MtxReader& reader, Value& value) const;
  void scan(const ScatteredMatrix::Sink& sink) const;
  MtxReader stream_at(std::uint64_t cell);
  void stream_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block);

  std::filesystem::path path_;
  MtxFiles files_;
  MtxFeatures features_;
  CellNames cells_;
  bool cells_are_rows_ = false;
  std::uint64_t max_values_;
  ScatteredMatrix matrix_;
  std::optional<MtxReader> stream_;  // stands before the first value of stream_cell_; none after an error
  std::uint64_t stream_cell_ = 0;
};

}  // namespace biodta::cells
