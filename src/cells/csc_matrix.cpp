#include "csc_matrix.hpp"

#include <algorithm>
#include <utility>

namespace biodta::cells {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;

}  // namespace

CscMatrix::CscMatrix(SparseArrays arrays, std::uint64_t max_values)
    : arrays_(std::move(arrays)),
      cells_(
          rows(), [this](const ScatteredMatrix::Sink& sink) { scan(sink); }, max_values) {}

void CscMatrix::read(std::uint64_t first, std::uint64_t max_rows, CountBlock& block) {
  cells_.read(first, max_rows, block);
}

void CscMatrix::scan(const ScatteredMatrix::Sink& sink) {
  if (offsets_.empty()) offsets_ = arrays_.offsets(0, columns());
  std::vector<std::uint32_t> cells;
  std::vector<std::uint32_t> genes;
  std::vector<float> counts;
  std::uint32_t gene = 0;
  for (std::uint64_t begin = 0; begin < arrays_.value_count(); begin += kPiece) {
    const std::uint64_t count = std::min(kPiece, arrays_.value_count() - begin);
    cells.resize(count);
    genes.resize(count);
    counts.resize(count);
    arrays_.read_indices(begin, cells);
    arrays_.read_values(begin, counts);
    std::size_t kept = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      while (offsets_[gene + 1] <= begin + i) ++gene;
      if (counts[i] == 0.0F) continue;
      cells[kept] = cells[i];
      genes[kept] = gene;
      counts[kept++] = counts[i];
    }
    sink({std::span(cells).first(kept), std::span(genes).first(kept), std::span(counts).first(kept)});
  }
}

}  // namespace biodta::cells
