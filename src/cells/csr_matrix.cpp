#include "csr_matrix.hpp"

#include <algorithm>
#include <utility>

namespace biodta::cells {

CsrMatrix::CsrMatrix(SparseArrays arrays, std::uint64_t max_values)
    : arrays_(std::move(arrays)), max_values_(max_values) {}

void CsrMatrix::read(std::uint64_t first, std::uint64_t max_rows, CountBlock& block) {
  block.first_cell = first;
  block.offsets = arrays_.offsets(first, std::min(max_rows, rows() - first));
  const std::uint64_t begin = block.offsets.front();
  const auto too_many = std::upper_bound(block.offsets.begin(), block.offsets.end(), begin + max_values_);
  block.offsets.erase(std::max(too_many, block.offsets.begin() + 2), block.offsets.end());
  for (std::uint64_t& offset : block.offsets) offset -= begin;
  block.genes.resize(block.offsets.back());
  block.counts.resize(block.offsets.back());
  arrays_.read_indices(begin, block.genes);
  arrays_.read_values(begin, block.counts);
}

}  // namespace biodta::cells
