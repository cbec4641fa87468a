#pragma once
/// @file
/// What the tests of count sources that are text share: files to write, sources to read, matrices to compare.

#include "cells/count_files.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/atomic_file.hpp>

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells::testing {

/// Writes gzip where the name ends in .gz.
inline void write_packed(const std::filesystem::path& path, std::string_view text) {
  if (path.extension() != ".gz") {
    support::write_text_file(path, text);
    return;
  }
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
}

/// Summed counts of each (cell, gene) that are not zero.
using CountMap = std::map<std::pair<std::uint64_t, std::uint32_t>, double>;

inline void add_to(CountMap& map, const CountBlock& block) {
  for (std::size_t row = 0; row < block.cell_count(); ++row) {
    for (std::uint64_t i = block.offsets[row]; i < block.offsets[row + 1]; ++i) {
      if (block.counts[i] != 0.0F)
        map[{block.first_cell + row, block.genes[i]}] += static_cast<double>(block.counts[i]);
    }
  }
}

inline CountMap map_of(const CountBlock& block) {
  CountMap map;
  add_to(map, block);
  return map;
}

/// From where the source stands to its end, in blocks of at most `max_cells`.
inline CountMap read_rest(CountSource& source, std::size_t max_cells) {
  CountMap map;
  CountBlock block;
  while (source.next(block, max_cells)) add_to(map, block);
  return map;
}

/// Entries below a cell are taken away.
inline CountMap from_cell(CountMap map, std::uint64_t cell) {
  map.erase(map.begin(), map.lower_bound({cell, 0}));
  return map;
}

}  // namespace biodta::cells::testing
