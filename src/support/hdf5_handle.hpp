#pragma once
/// @file
/// What the HDF5 sources share: the lock, identifiers with owners, and errors with HDF5's own words.

#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace biodta::support::hdf5 {

/// Holds the process-wide lock and keeps HDF5 from printing; every HDF5 call happens while one of these
/// lives.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  std::unique_lock<std::recursive_mutex> lock_;
  H5E_auto2_t printer_ = nullptr;  // what the program had set, put back at the end
  void* printer_data_ = nullptr;
};

/// Owns one identifier for the length of a scope. To be used under a Session.
class Handle {
 public:
  using Closer = herr_t (*)(hid_t);
  Handle(hid_t id, Closer closer) noexcept : id_(id), closer_(closer) {}
  ~Handle() {
    if (id_ >= 0) closer_(id_);
  }
  Handle(Handle&& other) noexcept : id_(other.release()), closer_(other.closer_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  hid_t get() const noexcept { return id_; }
  bool valid() const noexcept { return id_ >= 0; }
  hid_t release() noexcept {
    const hid_t id = id_;
    id_ = H5I_INVALID_HID;
    return id;
  }

 private:
  hid_t id_;
  Closer closer_;
};

/// The deepest message on HDF5's error stack, which names the cause ("truncated file: eof = …").
std::string cause();

class ChunkReader;
class HeapText;

namespace detail {

/// The open file that objects belong to; closed when the last of them is gone, or by File::close.
struct OpenFile {
  hid_t id = H5I_INVALID_HID;
  std::filesystem::path path;
  bool read_only = false;
  ~OpenFile();
};

struct Object {
  hid_t id = H5I_INVALID_HID;
  std::shared_ptr<OpenFile> file;
  std::unique_ptr<ChunkReader> chunks;  // of datasets that are read chunk by chunk
  std::unique_ptr<HeapText> text;       // of datasets of text of variable length
  ~Object();
};

}  // namespace detail

using ObjectPointer = std::shared_ptr<detail::Object>;

ObjectPointer make_object(hid_t id, std::shared_ptr<detail::OpenFile> file);
/// The identifier; throws InputError when the file has been closed.
hid_t id_of(const ObjectPointer& object);
/// Absolute name inside the file.
std::string name_of(const ObjectPointer& object);
[[noreturn]] void fail(const ObjectPointer& object, std::string_view found, std::string_view expected);
/// Fails with HDF5's own words as what was found.
[[noreturn]] void fail_with_cause(const ObjectPointer& object, std::string_view expected);
/// Fails as above when `status` (an identifier or an herr_t) is negative.
template <class Status>
Status check(Status status, const ObjectPointer& object, std::string_view expected) {
  if (status < 0) fail_with_cause(object, expected);
  return status;
}

/// The type that a dataset of this kind has in a file; little-endian, strings of variable length.
Handle make_file_type(ElementType type);
ElementType classify(hid_t type);
Handle make_bool_type();
/// Variable-length string type with the character set of `like`.
Handle make_string_memory_type(hid_t like);
/// Strings of `count` elements of a fixed- or variable-length string type, by a function that fills a buffer
/// of a type.
std::vector<std::string> read_string_elements(hid_t file_type, hid_t space, std::size_t count,
                                              const std::function<herr_t(hid_t, void*)>& read);
/// The same dataset, reopened with a chunk cache that holds four of its chunks (HDF5's default of 1 MB holds
/// none of a large chunk, and every read of a row would decompress it again). Takes and returns ownership.
hid_t reopen_with_cache(hid_t dataset);
std::vector<const char*> c_strings(std::span<const std::string> values);

/// The memory type of T.
template <class T>
hid_t native_type() {
  static_assert(std::is_arithmetic_v<T>);
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  constexpr bool kSigned = std::is_signed_v<T>;
  switch (sizeof(T)) {
    case 1:
      return kSigned ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
    case 2:
      return kSigned ? H5T_NATIVE_INT16 : H5T_NATIVE_UINT16;
    case 4:
      return kSigned ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32;
    default:
      return kSigned ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
  }
}

}  // namespace biodta::support::hdf5
