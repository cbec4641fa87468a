#include "hdf5_chunks.hpp"

#include <biodta/support/threads.hpp>

#include <libdeflate.h>
#include <liblzf/lzf.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace biodta::support::hdf5 {
namespace {

/// Chunks kept between reads, and the bytes that they may take together (a single one may take more).
constexpr std::size_t kKeptChunks = 8;
constexpr std::size_t kKeptBytes = std::size_t{64} << 20;

bool inflate(std::span<const std::byte> from, std::span<std::byte> to) {
  thread_local const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>
      inflater(libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  std::size_t made = 0;
  return libdeflate_zlib_decompress(inflater.get(), from.data(), from.size(), to.data(), to.size(), &made) ==
             LIBDEFLATE_SUCCESS &&
         made == to.size();
}

bool unpack_lzf(std::span<const std::byte> from, std::span<std::byte> to) {
  return lzf_decompress(from.data(), static_cast<unsigned>(from.size()), to.data(),
                        static_cast<unsigned>(to.size())) == to.size();
}

/// All first bytes of the elements stand first, then all second ones, …; written so that compilers vectorise
/// it.
template <class Element>
void join_planes(std::span<const std::byte> from, std::span<std::byte> to) {
  const std::size_t count = from.size() / sizeof(Element);
  const auto* planes = reinterpret_cast<const std::uint8_t*>(from.data());
  for (std::size_t i = 0; i < count; ++i) {
    Element element = 0;
    for (std::size_t b = 0; b < sizeof(Element); ++b) {
      element =
          static_cast<Element>(element | static_cast<Element>(Element{planes[b * count + i]} << (8 * b)));
    }
    std::memcpy(to.data() + i * sizeof(Element), &element, sizeof(Element));
  }
}

void unshuffle(std::span<const std::byte> from, std::span<std::byte> to, std::size_t element_size) {
  switch (element_size) {
    case 2:
      return join_planes<std::uint16_t>(from, to);
    case 4:
      return join_planes<std::uint32_t>(from, to);
    case 8:
      return join_planes<std::uint64_t>(from, to);
    default: {
      const std::size_t count = from.size() / element_size;
      for (std::size_t b = 0; b < element_size; ++b) {
        for (std::size_t i = 0; i < count; ++i) to[i * element_size + b] = from[b * count + i];
      }
    }
  }
}

/// HDF5's conversion: what does not fit is clipped to the nearest value that does.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<To, From> || std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else if constexpr (std::is_floating_point_v<From>) {
    constexpr auto kLeast = static_cast<From>(std::numeric_limits<To>::min());
    constexpr auto kMost = static_cast<From>(std::numeric_limits<To>::max());
    if (!(value > kLeast)) return std::isnan(value) ? To{0} : std::numeric_limits<To>::min();
    return value >= kMost ? std::numeric_limits<To>::max() : static_cast<To>(value);
  } else {
    if (std::cmp_less(value, std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (std::cmp_greater(value, std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(value);
  }
}

template <class To, class From>
void convert_values(const std::byte* from, std::span<To> to) {
  if constexpr (std::is_same_v<To, From>) {
    std::memcpy(to.data(), from, to.size_bytes());
  } else {
    for (std::size_t i = 0; i < to.size(); ++i) {
      From value;
      std::memcpy(&value, from + i * sizeof(From), sizeof(From));
      to[i] = convert<To>(value);
    }
  }
}

template <class To>
void convert_from(ElementType type, const std::byte* from, std::span<To> to) {
  switch (type) {
    case ElementType::kInt8:
    case ElementType::kBool:
      return convert_values<To, std::int8_t>(from, to);
    case ElementType::kUint8:
      return convert_values<To, std::uint8_t>(from, to);
    case ElementType::kInt16:
      return convert_values<To, std::int16_t>(from, to);
    case ElementType::kUint16:
      return convert_values<To, std::uint16_t>(from, to);
    case ElementType::kInt32:
      return convert_values<To, std::int32_t>(from, to);
    case ElementType::kUint32:
      return convert_values<To, std::uint32_t>(from, to);
    case ElementType::kInt64:
      return convert_values<To, std::int64_t>(from, to);
    case ElementType::kUint64:
      return convert_values<To, std::uint64_t>(from, to);
    case ElementType::kFloat32:
      return convert_values<To, float>(from, to);
    case ElementType::kFloat64:
      return convert_values<To, double>(from, to);
    default:
      throw Error("a chunk of values that are no numbers was to be converted");
  }
}

}  // namespace

std::unique_ptr<ChunkReader> ChunkReader::of(const ObjectPointer& dataset) {
  const Handle type(H5Dget_type(id_of(dataset)), H5Tclose);
  auto reader = std::make_unique<ChunkReader>();
  reader->type_ = classify(type.get());
  switch (reader->type_) {
    case ElementType::kFloat16:
    case ElementType::kString:
    case ElementType::kOther:
      return nullptr;
    default:
      break;
  }
  if (H5Tequal(type.get(), make_file_type(reader->type_).get()) <= 0) return nullptr;
  reader->element_size_ = H5Tget_size(type.get());
  return reader->take_layout(dataset) ? std::move(reader) : nullptr;
}

std::unique_ptr<ChunkReader> ChunkReader::of_elements(const ObjectPointer& dataset,
                                                      std::size_t element_bytes) {
  auto reader = std::make_unique<ChunkReader>();
  reader->element_size_ = element_bytes;
  const bool usable = reader->take_layout(dataset) && !reader->two_dimensional_;
  return usable ? std::move(reader) : nullptr;
}

bool ChunkReader::take_layout(const ObjectPointer& dataset) {
  const Handle properties(H5Dget_create_plist(id_of(dataset)), H5Pclose);
  const Handle space(H5Dget_space(id_of(dataset)), H5Sclose);
  if (H5Pget_layout(properties.get()) != H5D_CHUNKED) return false;
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 1 || rank > 2) return false;
  std::array<hsize_t, 2> size{};
  std::array<hsize_t, 2> chunk{};
  H5Sget_simple_extent_dims(space.get(), size.data(), nullptr);
  if (H5Pget_chunk(properties.get(), 2, chunk.data()) != rank) return false;
  two_dimensional_ = rank == 2;
  columns_ = rank == 2 ? size[1] : 1;
  chunk_rows_ = chunk[0];
  chunk_columns_ = rank == 2 ? chunk[1] : 1;
  const int filters = H5Pget_nfilters(properties.get());
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    unsigned configuration = 0;
    std::size_t parameters = 0;
    switch (H5Pget_filter2(properties.get(), static_cast<unsigned>(i), &flags, &parameters, nullptr, 0,
                           nullptr, &configuration)) {
      case H5Z_FILTER_SHUFFLE:
        filters_.push_back(Filter::kShuffle);
        break;
      case H5Z_FILTER_DEFLATE:
        filters_.push_back(Filter::kDeflate);
        break;
      case kLzfFilter:
        filters_.push_back(Filter::kLzf);
        break;
      default:
        return false;
    }
  }
  return true;
}

void ChunkReader::Bytes::resize(std::size_t bytes) {
  if (bytes > room) {
    data = std::make_unique_for_overwrite<std::byte[]>(bytes);
    room = bytes;
  }
  size = bytes;
}

void ChunkReader::decode(Bytes& stored, std::uint32_t skipped_filters, Bytes& out) const {
  const std::size_t whole = chunk_rows_ * chunk_columns_ * element_size_;
  for (std::size_t i = filters_.size(); i-- > 0;) {
    if (((skipped_filters >> i) & 1U) != 0) continue;
    out.resize(whole);
    bool good = true;
    switch (filters_[i]) {
      case Filter::kDeflate:
        good = inflate(stored.span(), out.span());
        break;
      case Filter::kLzf:
        good = unpack_lzf(stored.span(), out.span());
        break;
      case Filter::kShuffle:
        good = stored.size == whole;
        if (good) unshuffle(stored.span(), out.span(), element_size_);
        break;
    }
    if (!good) {
      out.resize(0);
      return;
    }
    std::swap(stored, out);
  }
  std::swap(stored, out);
  if (out.size != whole) out.resize(0);
}

bool ChunkReader::load(const ObjectPointer& dataset, Place place, Bytes& out) const {
  thread_local Bytes stored;
  std::uint32_t skipped_filters = 0;
  const std::array<hsize_t, 2> start = {place.row * chunk_rows_, place.column * chunk_columns_};
  {
    const Session session;
    const hid_t id = id_of(dataset);
    hsize_t size = 0;
    if (H5Dget_chunk_storage_size(id, start.data(), &size) < 0 || size == 0) {
      H5Eclear2(H5E_DEFAULT);
      return false;
    }
    stored.resize(size);
    check(H5Dread_chunk(id, H5P_DEFAULT, start.data(), &skipped_filters, stored.data.get()), dataset,
          "a readable dataset");
  }
  decode(stored, skipped_filters, out);
  if (out.size == 0) {
    throw InputError(dataset->file->path,
                     name_of(dataset) + ", chunk at " + std::to_string(start[0]) +
                         (two_dimensional_ ? "," + std::to_string(start[1]) : ""),
                     "damaged compressed data", "a whole chunk");
  }
  return true;
}

ChunkReader::SharedBytes ChunkReader::find_kept(Place place) {
  const std::lock_guard<std::mutex> guard(kept_lock_);
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
    return kept.place.row == place.row && kept.place.column == place.column;
  });
  if (found == kept_.end()) return nullptr;
  std::rotate(found, found + 1, kept_.end());
  return kept_.back().bytes;
}

void ChunkReader::keep(Place place, SharedBytes bytes) {
  const std::lock_guard<std::mutex> guard(kept_lock_);
  const std::size_t most = std::clamp<std::size_t>(kKeptBytes / bytes->size, 1, kKeptChunks);
  if (kept_.size() >= most) kept_.erase(kept_.begin(), kept_.end() - static_cast<std::ptrdiff_t>(most - 1));
  kept_.push_back({place, std::move(bytes)});
}

template <class T>
void ChunkReader::copy_rows(const Bytes& bytes, Place place, std::uint64_t first, std::uint64_t rows,
                            std::span<T> out) const {
  const std::uint64_t begin = std::max(first, place.row * chunk_rows_);
  const std::uint64_t end = std::min(first + rows, (place.row + 1) * chunk_rows_);
  const std::uint64_t left = place.column * chunk_columns_;
  const std::uint64_t width = std::min(chunk_columns_, columns_ - left);
  const auto at = [&](std::uint64_t row) {
    return bytes.data.get() + (row - place.row * chunk_rows_) * chunk_columns_ * element_size_;
  };
  if (width == columns_ && width == chunk_columns_) {  // whole rows lie one after another
    convert_from<T>(type_, at(begin), out.subspan((begin - first) * columns_, (end - begin) * columns_));
    return;
  }
  for (std::uint64_t row = begin; row < end; ++row) {
    convert_from<T>(type_, at(row), out.subspan((row - first) * columns_ + left, width));
  }
}

template <class Copy>
bool ChunkReader::for_each_chunk(const ObjectPointer& dataset, std::uint64_t first, std::uint64_t rows,
                                 const Copy& copy) {
  const std::uint64_t top = first / chunk_rows_;
  const std::uint64_t bottom = (first + rows - 1) / chunk_rows_;
  const std::uint64_t across = (columns_ + chunk_columns_ - 1) / chunk_columns_;
  std::atomic<bool> complete = true;
  parallel_ranges((bottom - top + 1) * across, 1, [&](std::size_t begin, std::size_t end) {
    thread_local Bytes scratch;
    for (std::size_t i = begin; i < end && complete; ++i) {
      const Place place = {top + i / across, i % across};
      const bool partly = first > place.row * chunk_rows_ || first + rows < (place.row + 1) * chunk_rows_;
      SharedBytes bytes = partly ? find_kept(place) : nullptr;
      if (bytes) {
        copy(*bytes, place);
      } else if (!partly) {
        complete = load(dataset, place, scratch) && complete;
        if (complete) copy(scratch, place);
      } else {
        auto loaded = std::make_shared<Bytes>();
        complete = load(dataset, place, *loaded) && complete;
        if (!complete) continue;
        copy(*loaded, place);
        keep(place, std::move(loaded));
      }
    }
  });
  return complete;
}

bool ChunkReader::read_elements(const ObjectPointer& dataset, std::uint64_t first, std::uint64_t rows,
                                std::span<std::byte> out) {
  if (rows == 0) return true;
  return for_each_chunk(dataset, first, rows, [&](const Bytes& bytes, Place place) {
    const std::uint64_t top = place.row * chunk_rows_;
    const std::uint64_t begin = std::max(first, top);
    const std::uint64_t end = std::min(first + rows, top + chunk_rows_);
    std::memcpy(out.data() + (begin - first) * element_size_,
                bytes.data.get() + (begin - top) * element_size_, (end - begin) * element_size_);
  });
}

template <class T>
bool ChunkReader::read(const ObjectPointer& dataset, std::uint64_t first, std::uint64_t rows,
                       std::span<T> out) {
  return for_each_chunk(dataset, first, rows,
                        [&](const Bytes& bytes, Place place) { copy_rows(bytes, place, first, rows, out); });
}

#define BIODTA_INSTANTIATE_CHUNKS(T) \
  template bool ChunkReader::read<T>(const ObjectPointer&, std::uint64_t, std::uint64_t, std::span<T>);
BIODTA_INSTANTIATE_CHUNKS(std::int8_t)
BIODTA_INSTANTIATE_CHUNKS(std::uint8_t)
BIODTA_INSTANTIATE_CHUNKS(std::int16_t)
BIODTA_INSTANTIATE_CHUNKS(std::uint16_t)
BIODTA_INSTANTIATE_CHUNKS(std::int32_t)
BIODTA_INSTANTIATE_CHUNKS(std::uint32_t)
BIODTA_INSTANTIATE_CHUNKS(std::int64_t)
BIODTA_INSTANTIATE_CHUNKS(std::uint64_t)
BIODTA_INSTANTIATE_CHUNKS(float)
BIODTA_INSTANTIATE_CHUNKS(double)
#undef BIODTA_INSTANTIATE_CHUNKS

}  // namespace biodta::support::hdf5
