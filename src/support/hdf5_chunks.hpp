#pragma once
/// @file
/// Chunks of a dataset decompressed by us, on all threads and outside HDF5's lock: HDF5 itself inflates one
/// chunk at a time under its lock, with zlib, which is what reading count files then waits for.

#include "hdf5_handle.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace biodta::support::hdf5 {

/// Registers h5py's LZF filter with HDF5, which packages leave out. To be called under a Session.
void register_lzf();

/// Throws InputError, naming the filter, where a dataset was written with one that this HDF5 lacks. To be
/// called under a Session.
void require_filters(const ObjectPointer& dataset);

/// Reads rows of one chunked dataset of a file that nobody writes. Thread-safe.
class ChunkReader {
 public:
  /// Nothing for datasets that HDF5 must read itself: not chunked, more than two dimensions, elements other
  /// than little-endian numbers, filters other than gzip, LZF and byte shuffle. To be called under a Session.
  static std::unique_ptr<ChunkReader> of(const ObjectPointer& dataset);

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
