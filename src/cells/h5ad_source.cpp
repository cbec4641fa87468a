#include "h5ad_source.hpp"

#include "anndata_matrix.hpp"
#include "data_frame.hpp"
#include "gene_columns.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void refuse_without_x(const hdf5::File& file, const std::vector<std::string>& names) {
  if (file.is_group("mod")) {
    throw InputError(file.path(), "X", "nothing, but a MuData file of several modalities",
                     "a matrix of counts",
                     "write the modality of gene expression as an .h5ad file of its own");
  }
  throw InputError(
      file.path(), "X", "nothing", "a matrix of counts",
      names.empty() ? "" : "the file has " + support::join_words(names) + " (matrix, or --matrix)");
}

/// The name of the matrix that the option means.
std::string find_anndata_matrix(const hdf5::File& file, const std::string& wanted) {
  const std::vector<std::string> names = anndata_matrix_names(file);
  if (wanted == "auto") {
    for (const char* name : {"raw/X", "raw.X", "X"}) {
      if (holds(names, name)) return name;
    }
    refuse_without_x(file, names);
  }
  if (holds(names, wanted)) return wanted;
  if (wanted == "raw/X" && holds(names, "raw.X")) return "raw.X";
  throw InputError(file.path(), "", "no matrix '" + wanted + "'",
                   names.empty() ? "a file with a matrix of counts" : support::join_words(names));
}

std::string gene_table_of(const std::string& matrix) {
  if (matrix == "raw/X") return "raw/var";
  return matrix == "raw.X" ? "raw.var" : "var";
}

}  // namespace

H5adSource::H5adSource(hdf5::File file, const CountSourceOptions& options)
    : CountSource(options.values),
      file_(std::move(file)),
      matrix_(open_anndata_matrix(file_, find_anndata_matrix(file_, options.matrix))),
      obs_(open_frame(file_, "obs")) {
  if (obs_->row_count() != matrix_->rows()) {
    throw InputError(path(), "obs", std::to_string(obs_->row_count()) + " cells",
                     std::to_string(matrix_->rows()) + " as in " + matrix_->name());
  }
  read_genes();
}

void H5adSource::read_genes() {
  const std::string table = gene_table_of(matrix_->name());
  const std::unique_ptr<ColumnFrame> frame = open_frame(file_, table);
  if (frame->row_count() != matrix_->columns()) {
    throw InputError(path(), table, std::to_string(frame->row_count()) + " genes",
                     std::to_string(matrix_->columns()) + " as in " + matrix_->name());
  }
  GeneColumns genes = choose_gene_columns(frame->index(), [&](std::string_view name) {
    std::optional<std::vector<std::string>> texts = frame->text_column(name);
    if (texts && texts->size() != matrix_->columns()) {
      throw InputError(path(), table + "/" + std::string(name), std::to_string(texts->size()) + " values",
                       std::to_string(matrix_->columns()) + ", one a gene");
    }
    return texts;
  });
  gene_ids_ = std::move(genes.ids);
  gene_symbols_ = std::move(genes.symbols);
}

std::vector<std::string> H5adSource::matrix_names() const {
  return anndata_matrix_names(file_);
}

std::vector<std::string> H5adSource::cell_ids(std::uint64_t first, std::uint64_t count) const {
  return obs_->index(first, count);
}

ObsValues H5adSource::read_obs(std::size_t field, std::uint64_t first, std::uint64_t count) const {
  return obs_->read(field, first, count);
}

void H5adSource::read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) {
  matrix_->read(first, max_cells, block);
}

}  // namespace biodta::cells
