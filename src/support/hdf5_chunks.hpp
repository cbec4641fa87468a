#pragma once
/// @file
/// Chunks of a dataset decompressed by us, on all threads and outside HDF5's lock: HDF5 itself inflates one
/// chunk at a time under its lock, with zlib, which is what reading count files then waits for.

#include "hdf5_filters.hpp"
#include "hdf5_handle.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace biodta::support::hdf5 {

/// Reads rows of one chunked dataset of a file that nobody writes. Thread-safe.
class ChunkReader {
 public:
  /// Nothing for datasets that HDF5 must read itself: not chunked, more than two dimensions, elements other
  /// than little-endian numbers, filters other than gzip, LZF and byte shuffle. To be called under a Session.
  static std::unique_ptr<ChunkReader> of(const ObjectPointer& dataset);

  /// The same for one dimension of elements of another kind, which are `element_bytes` wide in the file.
  static std::unique_ptr<ChunkReader> of_elements(const ObjectPointer& dataset, std::size_t element_bytes);

  /// Rows [first, first + rows) of what of_elements reads, byte for byte; otherwise as read().
  bool read_elements(const ObjectPointer& dataset, std::uint64_t first, std::uint64_t rows,
                     std::span<std::byte> out);
  /// Rows [first, first + rows) as values of T, converted as HDF5 does it. The range was checked before. Not
  /// to be called under a Session, which the threads at work could not enter.
  /// @return false where a chunk was never written: HDF5 then knows what to fill in.
  template <class T>
  bool read(const ObjectPointer& dataset, std::uint64_t first, std::uint64_t rows, std::span<T> out);

 private:
  enum class Filter { kShuffle, kDeflate, kLzf };
  /// Memory that is not cleared before it is written.
  struct Bytes {
    std::unique_ptr<std::byte[]> data;
    std::size_t size = 0;
    std::size_t room = 0;
    void resize(std::size_t bytes);
    std::span<std::byte> span() const noexcept { return {data.get(), size}; }
  };
  using SharedBytes = std::shared_ptr<const Bytes>;
  /// A chunk's place in the grid of chunks: rows, columns.
  struct Place {
    std::uint64_t row;
    std::uint64_t column;
  };

  /// Takes the grid and the filters of a dataset; false where HDF5 must read it itself.
  bool take_layout(const ObjectPointer& dataset);
  /// Hands each chunk of some rows to `copy`.
  template <class Copy>
  bool for_each_chunk(const ObjectPointer& dataset, std::uint64_t first, std::uint64_t rows,
                      const Copy& copy);
  SharedBytes find_kept(Place place);
  void keep(Place place, SharedBytes bytes);
  /// @return false where the chunk was never written
  bool load(const ObjectPointer& dataset, Place place, Bytes& out) const;
  /// Undoes the filters; `out` is left empty where the data are damaged.
  void decode(Bytes& stored, std::uint32_t skipped_filters, Bytes& out) const;
  template <class T>
  void copy_rows(const Bytes& bytes, Place place, std::uint64_t first, std::uint64_t rows,
                 std::span<T> out) const;

  ElementType type_ = ElementType::kOther;
  std::size_t element_size_ = 0;
  std::uint64_t columns_ = 1;  // 1 where there is one dimension
  std::uint64_t chunk_rows_ = 0;
  std::uint64_t chunk_columns_ = 1;
  bool two_dimensional_ = false;
  std::vector<Filter> filters_;  // in the order of writing

  /// Chunks of which a reader took only a part, so that the next one finds the rest; the latest last.
  struct Kept {
    Place place;
    SharedBytes bytes;
  };
  std::mutex kept_lock_;
  std::vector<Kept> kept_;
};

}  // namespace biodta::support::hdf5
