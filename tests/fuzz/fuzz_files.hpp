#pragma once
/// @file
/// What fuzz targets of count files share: the bytes as files, and a reader of everything that holds the
/// source to its own words.

#include <biodta/cells/count_source.hpp>

#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::fuzz {

/// Ends the program, which libFuzzer reports as a finding, where a reader breaks its promises.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// A folder of this process: below TMPDIR, or in memory. Emptied for every input.
class FuzzFolder {
 public:
  FuzzFolder() : path_(base() / ("biodta-fuzz-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~FuzzFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  FuzzFolder(const FuzzFolder&) = delete;
  FuzzFolder& operator=(const FuzzFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      std::filesystem::remove_all(entry.path());
  }
  /// Writes gzip where `packed`; else the bytes as they are, which may be gzip (or broken gzip) themselves.
  std::filesystem::path write(const std::string& name, std::string_view bytes, bool packed) const {
    std::filesystem::path file = path_ / name;
    if (packed) {
      const gzFile stream = gzopen(file.c_str(), "wb1");
      gzwrite(stream, bytes.data(), static_cast<unsigned>(bytes.size()));
      gzclose(stream);
    } else {
      std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    return file;
  }

 private:
  static std::filesystem::path base() {
    const char* const named = std::getenv("TMPDIR");
    if (named != nullptr && *named != '\0') return named;
    return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
  }
  std::filesystem::path path_;
};

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
