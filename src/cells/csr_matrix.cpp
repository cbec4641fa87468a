#include "csr_matrix.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace biodta::cells {

CsrMatrix::CsrMatrix(SparseArrays arrays, std::uint64_t max_values)
    : arrays_(std::move(arrays)), max_values_(max_values) {}

void CsrMatrix::read(std::uint64_t first, std::uint64_t max_rows, CountBlock& block) {
  block.first_cell = first;
  block.offsets = arrays_.offsets(first, std::min(max_rows, rows() - first));
  const std::uint64_t begin = block.offsets.front();
  // A cell of more values than a block may have can only be one with very many genes.
  const std::uint64_t first_cell = block.offsets[1] - begin;
  if (first_cell > std::max(max_values_, columns())) {
    throw InputError(arrays_.path(), name() + "/indptr[" + std::to_string(first + 1) + "]",
                     std::to_string(first_cell) + " values of one cell",
                     "at most " + std::to_string(columns()));
  }
  const auto too_many = std::upper_bound(block.offsets.begin(), block.offsets.end(), begin + max_values_);
  block.offsets.erase(std::max(too_many, block.offsets.begin() + 2), block.offsets.end());
  for (std::uint64_t& offset : block.offsets) offset -= begin;
  block.genes.resize(block.offsets.back());
  block.counts.resize(block.offsets.back());
  arrays_.read_indices(begin, block.genes);
  arrays_.read_values(begin, block.counts);
}

}  // namespace biodta::cells
