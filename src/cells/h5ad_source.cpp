#include "h5ad_source.hpp"

#include "data_frame.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;

/// Bounds a block at 128 MiB (12 bytes a value, and as much again where the file's types differ).
constexpr std::uint64_t kMaxValues = std::uint64_t{1} << 22;

/// var columns that hold gene ids where the index holds symbols (Geneformer, scanpy's 10x reader, …).
constexpr std::array<std::string_view, 4> kIdColumns = {"ensembl_id", "gene_ids", "gene_id", "feature_id"};
constexpr std::array<std::string_view, 4> kSymbolColumns = {"gene_symbol", "gene_name", "feature_name",
                                                            "symbol"};

std::string choose_matrix(const hdf5::File& file, const std::string& matrix) {
  if (matrix != "auto") return matrix;
  return file.exists("raw/X") ? "raw/X" : "X";
}

DataFrame open_frame(const hdf5::File& file, const std::string& name) {
  if (file.is_dataset(name)) {
    throw InputError(file.path(), name, "a compound table (anndata before 0.7)", "a group of columns",
                     "a newer anndata reads the file and writes it anew");
  }
  return DataFrame(file.path(), file.group(name));
}

/// "ENS", perhaps more letters (a species), and a digit.
bool looks_like_ensembl(std::string_view id) {
  if (!id.starts_with("ENS")) return false;
  const auto digit = std::find_if(id.begin(), id.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return digit != id.end();
}

bool mostly_ensembl(const std::vector<std::string>& ids) {
  const auto count = std::count_if(ids.begin(), ids.end(), looks_like_ensembl);
  return static_cast<std::size_t>(count) * 2 > ids.size();
}

template <std::size_t N>
std::optional<std::vector<std::string>> first_text_column(const DataFrame& frame,
                                                          const std::array<std::string_view, N>& names) {
  for (const std::string_view name : names) {
    if (auto values = frame.text_column(name)) return values;
  }
  return std::nullopt;
}

}  // namespace

H5adSource::H5adSource(hdf5::File file, const CountSourceOptions& options)
    : CountSource(options.values),
      file_(std::move(file)),
      matrix_(file_, choose_matrix(file_, options.matrix)) {
  read_genes();
}

void H5adSource::read_genes() {
  const std::string var = matrix_.name() == "raw/X" ? "raw/var" : "var";
  const DataFrame frame = open_frame(file_, var);
  gene_ids_ = frame.index();
  std::optional<std::vector<std::string>> symbols = first_text_column(frame, kSymbolColumns);
  if (!mostly_ensembl(gene_ids_)) {
    if (auto ids = first_text_column(frame, kIdColumns)) {
      if (!symbols) symbols = std::move(gene_ids_);
      gene_ids_ = *std::move(ids);
    }
  }
  if (symbols) gene_symbols_ = *std::move(symbols);
  if (gene_ids_.size() != matrix_.columns()) {
    throw InputError(path(), var, std::to_string(gene_ids_.size()) + " genes",
                     std::to_string(matrix_.columns()) + " as in " + matrix_.name());
  }
}

std::vector<std::string> H5adSource::cell_ids(std::uint64_t first, std::uint64_t count) const {
  const std::vector<std::string> ids = open_frame(file_, "obs").index();
  if (ids.size() != matrix_.rows()) {
    throw InputError(path(), "obs", std::to_string(ids.size()) + " cells",
                     std::to_string(matrix_.rows()) + " as in " + matrix_.name());
  }
  const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

void H5adSource::read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) {
  matrix_.read(first, max_cells, kMaxValues, block);
}

}  // namespace biodta::cells
