#pragma once
/// @file
/// What fuzz targets of count files share: a reader of everything that holds the source to its own words.

#include "fuzz/fuzz_folder.hpp"

#include <biodta/cells/count_source.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace biodta::fuzz {

/// Everything behind `first`, in blocks of at most `max_cells`.
inline cells::CountBlock read_from(cells::CountSource& source, std::uint64_t first, std::size_t max_cells) {
  cells::CountBlock all;
  all.first_cell = first;
  source.seek(first);
  for (cells::CountBlock block; source.next(block, max_cells);) {
    require(block.first_cell == first + all.cell_count(), "blocks follow each other");
    require(block.cell_count() >= 1 && block.cell_count() <= max_cells, "blocks have the cells asked for");
    require(block.offsets.front() == 0 && block.offsets.back() == block.counts.size(),
            "offsets span the counts");
    require(block.genes.size() == block.counts.size(), "every count has a gene");
    for (const std::uint32_t gene : block.genes) require(gene < source.gene_ids().size(), "genes have ids");
    for (std::size_t row = 0; row < block.cell_count(); ++row) {
      require(block.offsets[row] <= block.offsets[row + 1], "offsets ascend");
      all.offsets.push_back(all.genes.size() + block.offsets[row + 1]);
    }
    all.genes.insert(all.genes.end(), block.genes.begin(), block.genes.end());
    all.counts.insert(all.counts.end(), block.counts.begin(), block.counts.end());
    require(source.cell_ids(block.first_cell, block.cell_count()).size() == block.cell_count(),
            "cells have ids");
  }
  require(first + all.cell_count() == source.cell_count(), "every cell is read");
  return all;
}

/// Reads a source whole, again in other blocks, and its second half: all must agree.
inline void read_everything(cells::CountSource& source) {
  const auto symbols = source.gene_symbols();
  require(symbols.empty() || symbols.size() == source.gene_ids().size(), "every gene has a symbol, or none");
  const cells::CountBlock whole = read_from(source, 0, 3);
  const cells::CountBlock again = read_from(source, 0, 5);
  require(whole.offsets == again.offsets && whole.genes == again.genes && whole.counts == again.counts,
          "blocks of any size give the same");
  const std::uint64_t middle = source.cell_count() / 2;
  const cells::CountBlock half = read_from(source, middle, 2);
  const auto begin = static_cast<std::ptrdiff_t>(whole.offsets[middle]);
  require(half.counts == std::vector<float>(whole.counts.begin() + begin, whole.counts.end()),
          "seek gives the same");
}

}  // namespace biodta::fuzz
