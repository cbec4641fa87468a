#pragma once
/// @file
/// Text of variable length, read from the file's heap by us: HDF5 1.10 follows damaged references out of its
/// memory, and takes the text of another row where a reference and what it refers to do not agree.

#include "hdf5_chunks.hpp"
#include "hdf5_handle.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace biodta::support::hdf5 {

/// Throws InputError where a piece of the heap in the first or last 16 MiB of a file holds an object that
/// lies beyond its end. Attributes can be read by HDF5 alone, which does not ask, and their text lies there.
void check_heaps(const std::filesystem::path& path);

/// Reads rows of one dataset of text of a file that nobody writes. Thread-safe.
/// Source: HDF5 File Format Specification, version 3.0, "Global Heap" (III.E) and "Variable-Length" data.
class HeapText {
 public:
  /// Nothing for datasets that HDF5 must read itself: text of fixed length, more than one dimension, rows
  /// kept inside the header, unusual filters or widths of addresses. To be called under a Session.
  static std::unique_ptr<HeapText> of(const ObjectPointer& dataset);
  ~HeapText();

  /// Rows [first, first + count); the range was checked before. Throws InputError for damage. Not to be
  /// called under a Session.
  std::vector<std::string> read(const ObjectPointer& dataset, std::uint64_t first, std::uint64_t count);

 private:
  /// A piece of the heap: the objects in it by their number.
  struct Collection {
    struct Item {
      std::uint64_t begin = 0;
      std::uint64_t size = 0;
      bool there = false;
    };
    std::vector<std::byte> bytes;
    std::vector<Item> items;
  };

  HeapText() = default;
  std::vector<std::byte> references(const ObjectPointer& dataset, std::uint64_t first, std::uint64_t count);
  void read_bytes(const ObjectPointer& dataset, std::uint64_t address, std::span<std::byte> out) const;
  const Collection& collection(const ObjectPointer& dataset, std::uint64_t address);
  [[noreturn]] static void refuse(const ObjectPointer& dataset, std::uint64_t row);

  int descriptor_ = -1;
  std::uint64_t file_size_ = 0;
  std::uint64_t base_ = 0;        // what addresses in the heap count from
  std::uint64_t contiguous_ = 0;  // where the references stand, for a dataset that is not chunked
  bool allocated_ = true;
  std::unique_ptr<ChunkReader> chunks_;
  std::mutex lock_;
  std::map<std::uint64_t, Collection> collections_;  // the latest few
};

}  // namespace biodta::support::hdf5
