#include <biodta/cells/block_encoder.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/threads.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace biodta::cells {
namespace {

constexpr std::size_t kCellsPerTask = 64;

void encode_piece(const CountBlock& block, std::span<const std::uint8_t> keep, std::size_t begin,
                  std::size_t end, const RankEncoder& encoder, RankEncoder::Workspace& workspace,
                  EncodedCells& out) {
  out.tokens.reserve(block.offsets[end] - block.offsets[begin]);
  for (std::size_t cell = begin; cell < end; ++cell) {
    if (keep[cell] == 0) continue;
    const std::uint64_t first = block.offsets[cell];
    const std::uint64_t count = block.offsets[cell + 1] - first;
    encoder.encode(std::span(block.genes).subspan(first, count),
                   std::span(block.counts).subspan(first, count), workspace, out.tokens);
    if (out.tokens.size() == out.offsets.back()) continue;
    out.offsets.push_back(out.tokens.size());
    out.rows.push_back(block.first_cell + cell);
  }
}

void append(EncodedCells& to, const EncodedCells& piece) {
  const std::uint64_t base = to.tokens.size();
  to.tokens.insert(to.tokens.end(), piece.tokens.begin(), piece.tokens.end());
  to.rows.insert(to.rows.end(), piece.rows.begin(), piece.rows.end());
  std::transform(piece.offsets.begin() + 1, piece.offsets.end(), std::back_inserter(to.offsets),
                 [base](std::uint64_t offset) { return base + offset; });
}

}  // namespace

EncodedCells encode_block(const CountBlock& block, std::span<const std::uint8_t> keep,
                          const RankEncoder& encoder) {
  const std::size_t cells = block.cell_count();
  if (keep.size() != cells) throw Error("encode_block: one keep flag a cell is wanted");
  std::vector<EncodedCells> pieces((cells + kCellsPerTask - 1) / kCellsPerTask);
  support::parallel_ranges(pieces.size(), 1, [&](std::size_t begin, std::size_t end) {
    RankEncoder::Workspace workspace;
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t first = i * kCellsPerTask;
      encode_piece(block, keep, first, std::min(cells, first + kCellsPerTask), encoder, workspace, pieces[i]);
    }
  });
  EncodedCells all;
  std::size_t tokens = 0;
  for (const EncodedCells& piece : pieces) tokens += piece.tokens.size();
  all.tokens.reserve(tokens);
  for (const EncodedCells& piece : pieces) append(all, piece);
  return all;
}

}  // namespace biodta::cells
