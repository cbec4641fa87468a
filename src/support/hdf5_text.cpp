#include "hdf5_text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <span>
#include <string_view>

namespace biodta::support::hdf5 {
namespace {

/// A reference is the length of the text (4 bytes), the address of a collection (8) and a number in it (4).
constexpr std::size_t kReference = 16;
constexpr std::size_t kHeader = 16;        // of a collection: signature, version, size
constexpr std::size_t kObjectHeader = 16;  // number, count of references, size
constexpr std::size_t kMostCollections = 16;
constexpr std::string_view kHeapSignature = "GCOL";

template <class T>
T little_endian(const std::byte* at) {
  T value = 0;
  std::memcpy(&value, at, sizeof(T));  // this program's machines are little-endian, as HDF5's heaps are
  return value;
}

/// Whether the objects of a collection lie inside it; `found` is told each one's number, place and size.
template <class Found>
bool walk_collection(std::span<const std::byte> bytes, const Found& found) {
  for (std::uint64_t at = kHeader; bytes.size() - at >= kObjectHeader;) {
    const auto number = little_endian<std::uint16_t>(bytes.data() + at);
    const auto size = little_endian<std::uint64_t>(bytes.data() + at + 8);
    if (number == 0) break;  // what is left is free
    at += kObjectHeader;
    if (size > bytes.size() - at) return false;
    found(number, at, size);
    at += std::min<std::uint64_t>((size + 7) / 8 * 8, bytes.size() - at);
  }
  return true;
}

/// Looks through a piece of a file for collections; those that reach beyond it are let be.
void check_collections(const std::filesystem::path& path, std::span<const std::byte> piece,
                       std::uint64_t begins) {
  const std::string_view bytes(reinterpret_cast<const char*>(piece.data()), piece.size());
  constexpr std::string_view kBegin("GCOL\x01\0\0\0", 8);
  for (std::size_t at = bytes.find(kBegin); at != std::string_view::npos; at = bytes.find(kBegin, at + 1)) {
    if (bytes.size() - at < kHeader) break;
    const auto size = little_endian<std::uint64_t>(piece.data() + at + 8);
    if (size < kHeader || size > piece.size() - at) continue;
    if (walk_collection(piece.subspan(at, size), [](std::uint16_t, std::uint64_t, std::uint64_t) {}))
      continue;
    throw InputError(path, "", "a damaged heap of text at " + std::to_string(begins + at),
                     "a whole HDF5 file");
  }
}

}  // namespace

void check_heaps(const std::filesystem::path& path) {
  constexpr std::uint64_t kPiece = std::uint64_t{16} << 20;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto end = static_cast<std::uint64_t>(std::max<std::streamoff>(file.tellg(), 0));
  std::vector<std::byte> piece(std::min(end, kPiece));
  const auto check_at = [&](std::uint64_t begin) {
    file.seekg(static_cast<std::streamoff>(begin));
    if (file.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size()))) {
      check_collections(path, piece, begin);
    }
  };
  if (end > 0) check_at(0);
  if (end > piece.size()) check_at(end - piece.size());
}

HeapText::~HeapText() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void HeapText::refuse(const ObjectPointer& dataset, std::uint64_t row) {
  throw InputError(dataset->file->path, name_of(dataset) + ", row " + std::to_string(row),
                   "a damaged reference to its text", "whole text");
}

std::unique_ptr<HeapText> HeapText::of(const ObjectPointer& dataset) {
  const hid_t id = id_of(dataset);
  const Handle type(H5Dget_type(id), H5Tclose);
  const Handle space(H5Dget_space(id), H5Sclose);
  const Handle properties(H5Dget_create_plist(id), H5Pclose);
  if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) <= 0) return nullptr;
  if (H5Sget_simple_extent_ndims(space.get()) != 1) return nullptr;
  const Handle creation(H5Fget_create_plist(dataset->file->id), H5Pclose);
  std::size_t address_bytes = 0;
  std::size_t length_bytes = 0;
  hsize_t user_block = 0;
  H5Pget_sizes(creation.get(), &address_bytes, &length_bytes);
  H5Pget_userblock(creation.get(), &user_block);
  if (address_bytes != 8 || length_bytes != 8) return nullptr;
  std::unique_ptr<HeapText> text(new HeapText());
  text->base_ = user_block;
  switch (H5Pget_layout(properties.get())) {
    case H5D_CONTIGUOUS: {
      const haddr_t offset = H5Dget_offset(id);
      H5Eclear2(H5E_DEFAULT);
      text->allocated_ = offset != HADDR_UNDEF;
      text->contiguous_ = text->allocated_ ? offset : 0;
      break;
    }
    case H5D_CHUNKED:
      text->chunks_ = ChunkReader::of_elements(dataset, kReference);
      if (!text->chunks_) return nullptr;
      break;
    default:
      return nullptr;
  }
  text->descriptor_ = ::open(dataset->file->path.c_str(), O_RDONLY | O_CLOEXEC);
  if (text->descriptor_ < 0) return nullptr;
  const off_t end = ::lseek(text->descriptor_, 0, SEEK_END);
  text->file_size_ = end < 0 ? 0 : static_cast<std::uint64_t>(end);
  return text;
}

void HeapText::read_bytes(const ObjectPointer& dataset, std::uint64_t address,
                          std::span<std::byte> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t size =
        ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(address + done));
    if (size <= 0) {
      throw InputError(dataset->file->path, name_of(dataset), "an end of the file in the middle of text",
                       "whole text");
    }
    done += static_cast<std::size_t>(size);
  }
}

std::vector<std::byte> HeapText::references(const ObjectPointer& dataset, std::uint64_t first,
                                            std::uint64_t count) {
  const bool outside = !chunks_ && allocated_ &&
                       (contiguous_ > file_size_ || (file_size_ - contiguous_) / kReference < first + count);
  if (outside) {
    throw InputError(dataset->file->path, name_of(dataset), "rows beyond the end of the file", "whole text");
  }
  std::vector<std::byte> bytes(count * kReference);
  if (chunks_) {
    if (!chunks_->read_elements(dataset, first, count, bytes)) bytes.assign(bytes.size(), std::byte{0});
  } else if (allocated_) {
    read_bytes(dataset, contiguous_ + first * kReference, bytes);
  }
  return bytes;
}

const HeapText::Collection& HeapText::collection(const ObjectPointer& dataset, std::uint64_t address) {
  const auto known = collections_.find(address);
  if (known != collections_.end()) return known->second;
  const auto damaged = [&] {
    throw InputError(dataset->file->path, name_of(dataset),
                     "a damaged heap of text at " + std::to_string(address), "whole text");
  };
  if (address > file_size_ || file_size_ - address < kHeader + base_) damaged();
  std::array<std::byte, kHeader> header{};
  read_bytes(dataset, base_ + address, header);
  const auto size = little_endian<std::uint64_t>(header.data() + 8);
  const bool signed_well = std::memcmp(header.data(), kHeapSignature.data(), kHeapSignature.size()) == 0;
  if (!signed_well || header[4] != std::byte{1} || size < kHeader || size > file_size_ - address - base_)
    damaged();
  Collection made;
  made.bytes.resize(size);
  read_bytes(dataset, base_ + address, made.bytes);
  const bool whole =
      walk_collection(made.bytes, [&](std::uint16_t number, std::uint64_t at, std::uint64_t bytes) {
        if (made.items.size() <= number) made.items.resize(number + std::size_t{1});
        made.items[number] = {at, bytes, true};
      });
  if (!whole) damaged();
  if (collections_.size() >= kMostCollections) collections_.clear();
  return collections_.emplace(address, std::move(made)).first->second;
}

std::vector<std::string> HeapText::read(const ObjectPointer& dataset, std::uint64_t first,
                                        std::uint64_t count) {
  const std::vector<std::byte> bytes = references(dataset, first, count);
  const std::lock_guard<std::mutex> guard(lock_);
  std::vector<std::string> texts(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::byte* reference = bytes.data() + i * kReference;
    const auto length = little_endian<std::uint32_t>(reference);
    const auto address = little_endian<std::uint64_t>(reference + 4);
    const auto number = little_endian<std::uint32_t>(reference + 12);
    if (address == 0 && length == 0) continue;  // no text
    const Collection& from = collection(dataset, address);
    if (number >= from.items.size() || !from.items[number].there || from.items[number].size != length) {
      refuse(dataset, first + i);
    }
    texts[i].assign(reinterpret_cast<const char*>(from.bytes.data() + from.items[number].begin), length);
    texts[i].resize(std::min(texts[i].find('\0'), texts[i].size()));  // some writers store the end of C text
  }
  return texts;
}

}  // namespace biodta::support::hdf5
