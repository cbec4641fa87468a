#include "dense_matrix.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;

/// The largest whole number of chunks of `chunk` that is at most `most`, but at least one, and at most
/// `size`.
std::uint64_t whole_chunks(std::uint64_t chunk, std::uint64_t most, std::uint64_t size) {
  const std::uint64_t count = std::max<std::uint64_t>(1, most / chunk);
  return std::max<std::uint64_t>(1, std::min(count * chunk, size));
}

}  // namespace

DenseMatrix::DenseMatrix(std::filesystem::path path, hdf5::Dataset dataset, std::string name,
                         Orientation orientation, std::uint64_t tile_values, std::uint64_t max_values)
    : path_(std::move(path)),
      dataset_(std::move(dataset)),
      name_(std::move(name)),
      orientation_(orientation),
      max_values_(max_values) {
  if (dataset_.type() == hdf5::ElementType::kString) throw InputError(path_, name_, "text", "numbers");
  std::vector<std::uint64_t> shape = dataset_.shape();
  if (shape.size() != 2) {
    throw InputError(path_, name_, std::to_string(shape.size()) + " dimensions", "2, of cells and genes");
  }
  if (orientation_ == Orientation::kGenesFirst) std::swap(shape[0], shape[1]);
  cells_ = shape[0];
  genes_ = shape[1];
  if (genes_ > std::numeric_limits<std::uint32_t>::max()) {
    throw InputError(path_, name_, std::to_string(genes_) + " genes", "at most 4,294,967,295");
  }
  choose_tiles(tile_values);
}

void DenseMatrix::choose_tiles(std::uint64_t tile_values) {
  std::vector<std::uint64_t> chunk = dataset_.chunk();
  if (chunk.size() != 2) chunk = {1, 1};
  if (orientation_ == Orientation::kGenesFirst) std::swap(chunk[0], chunk[1]);
  band_cells_ = whole_chunks(chunk[0], tile_values / std::max<std::uint64_t>(1, genes_), cells_);
  tile_genes_ = whole_chunks(chunk[1], tile_values / band_cells_, genes_);
}

void DenseMatrix::read(std::uint64_t first, std::uint64_t max_rows, CountBlock& block) {
  if (!values_ || first < band_.first || first >= band_.first + band_.cells) open_band(first);
  values_->read(first - band_.first, max_rows, block);
  block.first_cell = first;
}

void DenseMatrix::open_band(std::uint64_t cell) {
  band_.first = cell - cell % band_cells_;
  band_.cells = std::min(band_cells_, cells_ - band_.first);
  values_.emplace(
      band_.cells, [this](const ScatteredMatrix::Sink& sink) { scan(sink); }, max_values_);
}

void DenseMatrix::scan(const ScatteredMatrix::Sink& sink) {
  for (std::uint64_t gene = 0; gene < genes_; gene += tile_genes_) {
    const std::uint64_t genes = std::min(tile_genes_, genes_ - gene);
    read_tile(gene, genes);
    collect(gene, genes);
    sink({found_cells_, found_genes_, found_counts_});
  }
}

void DenseMatrix::read_tile(std::uint64_t first_gene, std::uint64_t genes) {
  tile_.resize(genes * band_.cells);
  const std::span<float> out(tile_);
  if (orientation_ == Orientation::kCellsFirst) {
    dataset_.read_tile<float>(band_.first, band_.cells, first_gene, genes, out);
  } else {
    dataset_.read_tile<float>(first_gene, genes, band_.first, band_.cells, out);
  }
}

void DenseMatrix::collect(std::uint64_t first_gene, std::uint64_t genes) {
  found_cells_.clear();
  found_genes_.clear();
  found_counts_.clear();
  const bool cells_first = orientation_ == Orientation::kCellsFirst;
  const std::uint64_t width = cells_first ? genes : band_.cells;
  const std::uint64_t height = cells_first ? band_.cells : genes;
  const float* value = tile_.data();
  for (std::uint64_t row = 0; row < height; ++row) {
    for (std::uint64_t column = 0; column < width; ++column, ++value) {
      if (*value == 0.0F) continue;
      found_cells_.push_back(static_cast<std::uint32_t>(cells_first ? row : column));
      found_genes_.push_back(static_cast<std::uint32_t>(first_gene + (cells_first ? column : row)));
      found_counts_.push_back(*value);
    }
  }
}

}  // namespace biodta::cells
