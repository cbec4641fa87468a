#include "csr_matrix.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using hdf5::ElementType;

constexpr std::string_view kCsrMatrix = "a CSR matrix";

/// How a sparse group calls its layout: anndata 0.7 and later, and h5sparse before it.
std::string layout_of(const hdf5::Group& group) {
  if (const auto encoding = group.maybe_text_attribute("encoding-type")) return *encoding;
  if (const auto format = group.maybe_text_attribute("h5sparse_format")) return *format + "_matrix";
  return {};
}

std::vector<std::int64_t> shape_of(const hdf5::Group& group) {
  return group.integer_array_attribute(group.has_attribute("shape") ? "shape" : "h5sparse_shape");
}

std::uint64_t length_of(const hdf5::Dataset& dataset) {
  const std::vector<std::uint64_t> shape = dataset.shape();
  return shape.size() == 1 ? shape.front() : 0;
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

}  // namespace

CsrMatrix::CsrMatrix(const hdf5::File& file, std::string name) : path_(file.path()), name_(std::move(name)) {
  if (file.is_dataset(name_)) {
    throw InputError(path_, name_, "a dense matrix", kCsrMatrix, "scipy.sparse.csr_matrix converts it");
  }
  if (!file.is_group(name_)) throw InputError(path_, name_, "nothing", kCsrMatrix);
  const hdf5::Group group = file.group(name_);
  const std::string layout = layout_of(group);
  if (layout != "csr_matrix") {
    const std::string found = layout.empty() ? "a group of unknown encoding" : "the encoding " + layout;
    throw InputError(path_, name_, found, std::string(kCsrMatrix) + " (csr_matrix)");
  }
  const std::vector<std::int64_t> shape = shape_of(group);
  if (shape.size() != 2 || shape[0] < 0 || shape[1] < 0 ||
      shape[1] > std::numeric_limits<std::uint32_t>::max()) {
    throw InputError(path_, name_ + " attribute shape", "no usable shape", "cells and genes");
  }
  rows_ = static_cast<std::uint64_t>(shape[0]);
  columns_ = static_cast<std::uint64_t>(shape[1]);
  data_ = group.dataset("data");
  indices_ = group.dataset("indices");
  indptr_ = group.dataset("indptr");
  values_ = length_of(data_);
  if (length_of(indices_) != values_) {
    throw InputError(path_, name_ + "/indices", number(length_of(indices_)) + " values",
                     number(values_) + " as in " + name_ + "/data");
  }
  if (length_of(indptr_) != rows_ + 1) {
    throw InputError(path_, name_ + "/indptr", number(length_of(indptr_)) + " values",
                     number(rows_ + 1) + " for " + number(rows_) + " cells");
  }
}

void CsrMatrix::read(std::uint64_t first, std::uint64_t max_rows, std::uint64_t max_values,
                     CountBlock& block) const {
  block.first_cell = first;
  read_offsets(first, max_rows, max_values, block);
  const std::uint64_t begin = block.offsets.front();
  const std::uint64_t count = block.offsets.back() - begin;
  for (std::uint64_t& offset : block.offsets) offset -= begin;
  block.genes.resize(count);
  block.counts.resize(count);
  read_genes(begin, block);
  read_counts(begin, block);
}

void CsrMatrix::read_offsets(std::uint64_t first, std::uint64_t max_rows, std::uint64_t max_values,
                             CountBlock& block) const {
  const std::uint64_t rows = std::min(max_rows, rows_ - first);
  std::vector<std::int64_t> pointers(rows + 1);
  indptr_.read<std::int64_t>(first, pointers);
  std::int64_t previous = first == 0 ? 0 : pointers.front();
  if (pointers.front() != previous) {
    throw InputError(path_, name_ + "/indptr[0]", std::to_string(pointers.front()), "0");
  }
  block.offsets.clear();
  for (std::uint64_t i = 0; i <= rows; ++i) {
    const std::int64_t pointer = pointers[i];
    if (pointer < previous || pointer > static_cast<std::int64_t>(values_)) {
      throw InputError(path_, name_ + "/indptr[" + number(first + i) + "]", std::to_string(pointer),
                       std::to_string(previous) + " to " + number(values_));
    }
    if (i > 1 && static_cast<std::uint64_t>(pointer - pointers.front()) > max_values) return;
    block.offsets.push_back(static_cast<std::uint64_t>(pointer));
    previous = pointer;
  }
  if (first + rows == rows_ && previous != static_cast<std::int64_t>(values_)) {
    throw InputError(path_, name_ + "/indptr[" + number(rows_) + "]", std::to_string(previous),
                     number(values_) + ", the number of values");
  }
}

void CsrMatrix::refuse_column(std::uint64_t at, std::int64_t column) const {
  throw InputError(path_, name_ + "/indices[" + number(at) + "]", std::to_string(column),
                   columns_ == 0 ? "no value, since there are no genes" : "0 to " + number(columns_ - 1));
}

void CsrMatrix::read_genes(std::uint64_t begin, CountBlock& block) const {
  if (block.genes.empty()) return;
  if (indices_.type() == ElementType::kInt32) {
    // Same width as ours: no conversion, and a negative index is a large one.
    const std::span<std::int32_t> same(reinterpret_cast<std::int32_t*>(block.genes.data()),
                                       block.genes.size());
    indices_.read<std::int32_t>(begin, same);
    const auto largest = *std::max_element(block.genes.begin(), block.genes.end());
    if (largest < columns_) return;
    const auto bad = std::find_if(same.begin(), same.end(), [this](std::int32_t column) {
      return column < 0 || static_cast<std::uint64_t>(column) >= columns_;
    });
    refuse_column(begin + static_cast<std::uint64_t>(bad - same.begin()), *bad);
  }
  std::vector<std::int64_t> wide(block.genes.size());
  indices_.read<std::int64_t>(begin, wide);
  for (std::size_t i = 0; i < wide.size(); ++i) {
    if (wide[i] < 0 || static_cast<std::uint64_t>(wide[i]) >= columns_) refuse_column(begin + i, wide[i]);
    block.genes[i] = static_cast<std::uint32_t>(wide[i]);
  }
}

void CsrMatrix::read_counts(std::uint64_t begin, CountBlock& block) const {
  if (!block.counts.empty()) data_.read<float>(begin, block.counts);
}

}  // namespace biodta::cells
