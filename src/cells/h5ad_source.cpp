#include "h5ad_source.hpp"

#include "anndata_matrix.hpp"
#include "data_frame.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <string_view>

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

H5adSource::H5adSource(const hdf5::File& file, const CountSourceOptions& options)
    : TableSource(options.values, file,
                  open_anndata_matrix(file, find_anndata_matrix(file, options.matrix))) {
  const auto open_table = [&](const std::string& name, std::uint64_t rows, const std::string& what) {
    std::unique_ptr<ColumnFrame> table = open_frame(file, name);
    if (table->row_count() == rows) return table;
    throw InputError(path(), name, std::to_string(table->row_count()) + " " + what,
                     std::to_string(rows) + " as in " + matrix().name());
  };
  take_cells(open_table("obs", matrix().rows(), "cells"));
  const std::string genes = gene_table_of(matrix().name());
  take_genes(*open_table(genes, matrix().columns(), "genes"), genes);
}

std::vector<std::string> H5adSource::matrix_names() const {
  return anndata_matrix_names(file());
}

}  // namespace biodta::cells
