#pragma once
/// @file
/// Rank value encoding of whole blocks of cells, on all threads.

#include <biodta/cells/count_source.hpp>
#include <biodta/cells/rank_encoder.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::cells {

/// Encoded cells in their order, as CorpusWriter::append takes them.
struct EncodedCells {
  std::vector<TokenId> tokens;
  std::vector<std::uint64_t> offsets = {0};  ///< [cells + 1]
  std::vector<std::uint64_t> rows;  ///< [cells] row in the file: CountBlock::first_cell + row in the block
};

/// Encodes the cells of `block` for which `keep` is not 0, except those that have no expressed gene with a
/// token. The result is the same for every number of threads.
/// @param keep  [block.cell_count()]
EncodedCells encode_block(const CountBlock& block, std::span<const std::uint8_t> keep,
                          const RankEncoder& encoder);

}  // namespace biodta::cells
