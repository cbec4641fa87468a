#include "anndata_matrix.hpp"

#include "csc_matrix.hpp"
#include "csr_matrix.hpp"
#include "dense_matrix.hpp"

#include <biodta/support/error.hpp>

#include <limits>
#include <string_view>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;

constexpr std::string_view kMatrixKinds = "a CSR, CSC or dense matrix";

/// How a sparse group calls its layout: anndata 0.7 and later, and h5sparse before it.
std::string sparse_encoding(const hdf5::Group& group) {
  if (const auto encoding = group.maybe_text_attribute("encoding-type")) return *encoding;
  if (const auto format = group.maybe_text_attribute("h5sparse_format")) return *format + "_matrix";
  return {};
}

/// Cells and genes.
std::vector<std::int64_t> sparse_shape(const hdf5::File& file, const hdf5::Group& group,
                                       const std::string& name) {
  std::vector<std::int64_t> shape =
      group.integer_array_attribute(group.has_attribute("shape") ? "shape" : "h5sparse_shape");
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (shape.size() != 2 || shape[0] < 0 || shape[1] < 0 || shape[0] > kMost || shape[1] > kMost) {
    throw InputError(file.path(), name + " attribute shape", "no usable shape", "cells and genes");
  }
  return shape;
}

std::unique_ptr<Matrix> open_sparse(const hdf5::File& file, const std::string& name) {
  const hdf5::Group group = file.group(name);
  const std::string encoding = sparse_encoding(group);
  if (encoding != "csr_matrix" && encoding != "csc_matrix") {
    const std::string found = encoding.empty() ? "a group of unknown encoding" : "the encoding " + encoding;
    throw InputError(file.path(), name, found, kMatrixKinds);
  }
  const std::vector<std::int64_t> shape = sparse_shape(file, group, name);
  const auto cells = static_cast<std::uint64_t>(shape[0]);
  const auto genes = static_cast<std::uint64_t>(shape[1]);
  if (encoding == "csr_matrix") {
    return std::make_unique<CsrMatrix>(
        SparseArrays(file.path(), group, name, {cells, genes, "cells", "genes"}));
  }
  return std::make_unique<CscMatrix>(
      SparseArrays(file.path(), group, name, {genes, cells, "genes", "cells"}));
}

}  // namespace

std::vector<std::string> anndata_matrix_names(const hdf5::File& file) {
  std::vector<std::string> names;
  for (const char* name : {"X", "raw/X", "raw.X"}) {
    if (file.exists(name)) names.emplace_back(name);
  }
  if (!file.is_group("layers")) return names;
  for (const std::string& layer : file.group("layers").children()) names.push_back("layers/" + layer);
  return names;
}

std::unique_ptr<Matrix> open_anndata_matrix(const hdf5::File& file, const std::string& name) {
  if (file.is_group(name)) return open_sparse(file, name);
  if (!file.is_dataset(name)) throw InputError(file.path(), name, "nothing", kMatrixKinds);
  return std::make_unique<DenseMatrix>(file.path(), file.dataset(name), name,
                                       DenseMatrix::Orientation::kCellsFirst);
}

}  // namespace biodta::cells
