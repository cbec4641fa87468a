#include "hdf5_handle.hpp"
#include "hdf5_text.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace biodta::support::hdf5 {
namespace {

constexpr std::string_view kReadable = "a readable dataset";
constexpr std::string_view kWritable = "a writable dataset";

std::vector<hsize_t> extent(hid_t space) {
  std::vector<hsize_t> size(static_cast<std::size_t>(std::max(H5Sget_simple_extent_ndims(space), 0)));
  H5Sget_simple_extent_dims(space, size.data(), nullptr);
  return size;
}

std::uint64_t row_size(const std::vector<hsize_t>& size) {
  return std::accumulate(size.begin() + 1, size.end(), std::uint64_t{1}, std::multiplies<>());
}

Handle file_space(const ObjectPointer& object) {
  return {check(H5Dget_space(id_of(object)), object, kReadable), H5Sclose};
}

Handle file_type(const ObjectPointer& object) {
  return {check(H5Dget_type(id_of(object)), object, kReadable), H5Tclose};
}

std::uint64_t element_count(hid_t space) {
  return static_cast<std::uint64_t>(std::max<hssize_t>(H5Sget_simple_extent_npoints(space), 0));
}

/// A block of whole rows: what to select in the file, and its shape in memory.
struct Rows {
  Handle file;
  Handle memory;
  std::uint64_t count;  // values in the block
};

Rows select_rows(const ObjectPointer& object, std::uint64_t first, std::uint64_t rows) {
  Handle space = file_space(object);
  std::vector<hsize_t> size = extent(space.get());
  if (size.empty()) fail(object, "a single value", "an array");
  if (first > size.front() || rows > size.front() - first) {
    fail(object, std::to_string(size.front()) + " rows", "at least " + std::to_string(first + rows));
  }
  const std::uint64_t count = rows * row_size(size);
  std::vector<hsize_t> start(size.size(), 0);
  start.front() = first;
  size.front() = rows;
  if (count > 0) {
    check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr),
          object, kReadable);
  }
  Handle memory(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
  return {std::move(space), std::move(memory), count};
}

/// A mistake of the caller, not of a file.
void require_size(std::uint64_t given, std::uint64_t needed, const ObjectPointer& object) {
  if (given == needed) return;
  throw std::invalid_argument("HDF5 dataset " + name_of(object) + ": a buffer of " + std::to_string(given) +
                              " was given where " + std::to_string(needed) + " are needed");
}

/// Numbers (and truth values, as 0 and 1) can be read as any T.
template <class T>
void require_number(const ObjectPointer& object) {
  const ElementType kind = classify(file_type(object).get());
  if (kind == ElementType::kString) fail(object, "text", "numbers");
  if (kind == ElementType::kOther) {
    const H5T_class_t type_class = H5Tget_class(file_type(object).get());
    if (type_class != H5T_ENUM && type_class != H5T_FLOAT)
      fail(object, "values that are no numbers", "numbers");
  }
}

/// HDF5 converts from numbers to an enumeration only where they have the same type.
template <class T>
Handle write_type(const ObjectPointer& object) {
  if constexpr (sizeof(T) == 1) {
    if (classify(file_type(object).get()) == ElementType::kBool) return make_bool_type();
  }
  return {H5Tcopy(native_type<T>()), H5Tclose};
}

template <class T>
void read_block(const ObjectPointer& object, std::uint64_t first, std::uint64_t rows, std::span<T> out) {
  {
    const Session session;
    require_number<T>(object);
    const Rows block = select_rows(object, first, rows);
    require_size(out.size(), block.count, object);
    if (block.count == 0) return;
    if (!object->chunks) require_filters(object);
  }
  if (object->chunks && object->chunks->read<T>(object, first, rows, out)) return;
  const Session session;
  const Rows block = select_rows(object, first, rows);
  check(
      H5Dread(id_of(object), native_type<T>(), block.memory.get(), block.file.get(), H5P_DEFAULT, out.data()),
      object, kReadable);
}

void grow(const ObjectPointer& object, std::uint64_t rows) {
  std::vector<hsize_t> size = extent(file_space(object).get());
  if (size.empty() || rows <= size.front()) return;
  size.front() = rows;
  check(H5Dset_extent(id_of(object), size.data()), object, "a dataset that can grow");
}

}  // namespace

hid_t reopen_with_cache(hid_t dataset) {
  constexpr std::size_t kDefaultCache = std::size_t{1} << 20;
  constexpr std::size_t kLargestCache = std::size_t{64} << 20;
  const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  if (H5Pget_layout(properties.get()) != H5D_CHUNKED) return dataset;
  const Handle type(H5Dget_type(dataset), H5Tclose);
  std::array<hsize_t, H5S_MAX_RANK> chunk{};
  const int rank = H5Pget_chunk(properties.get(), H5S_MAX_RANK, chunk.data());
  const std::size_t bytes = std::accumulate(chunk.begin(), chunk.begin() + std::max(rank, 0),
                                            H5Tget_size(type.get()), std::multiplies<>());
  if (bytes * 4 <= kDefaultCache) return dataset;
  const Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
  H5Pset_chunk_cache(access.get(), H5D_CHUNK_CACHE_NSLOTS_DEFAULT,
                     std::clamp(bytes * 4, kDefaultCache, std::max(bytes, kLargestCache)),
                     H5D_CHUNK_CACHE_W0_DEFAULT);
  const Handle file(H5Iget_file_id(dataset), H5Fclose);
  std::string name(static_cast<std::size_t>(std::max<ssize_t>(H5Iget_name(dataset, nullptr, 0), 0)), '\0');
  H5Iget_name(dataset, name.data(), name.size() + 1);
  // The settings of the first opening win while it lasts.
  H5Dclose(dataset);
  return H5Dopen2(file.get(), name.c_str(), access.get());
}

std::vector<std::uint64_t> Dataset::shape() const {
  const Session session;
  const std::vector<hsize_t> size = extent(file_space(object_).get());
  return {size.begin(), size.end()};
}

ElementType Dataset::type() const {
  const Session session;
  return classify(file_type(object_).get());
}

std::vector<std::uint64_t> Dataset::chunk() const {
  const Session session;
  const Handle properties(check(H5Dget_create_plist(id_of(object_)), object_, kReadable), H5Pclose);
  if (H5Pget_layout(properties.get()) != H5D_CHUNKED) return {};
  std::array<hsize_t, H5S_MAX_RANK> size{};
  const int rank = H5Pget_chunk(properties.get(), H5S_MAX_RANK, size.data());
  return {size.begin(), size.begin() + std::max(rank, 0)};
}

template <class T>
void Dataset::read(std::uint64_t first, std::span<T> out) const {
  const std::size_t rank = shape().size();
  if (rank != 1) fail(object_, std::to_string(rank) + " dimensions", "1");
  read_block(object_, first, out.size(), out);
}

template <class T>
void Dataset::read_rows(std::uint64_t first, std::uint64_t rows, std::span<T> out) const {
  read_block(object_, first, rows, out);
}

template <class T>
std::vector<T> Dataset::read_all() const {
  const std::vector<std::uint64_t> size = shape();
  if (size.empty()) {
    const Session session;
    require_number<T>(object_);
    std::vector<T> value(1);
    check(H5Dread(id_of(object_), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()), object_,
          kReadable);
    return value;
  }
  std::vector<T> values(std::accumulate(size.begin(), size.end(), std::size_t{1}, std::multiplies<>()));
  read_block<T>(object_, 0, size.front(), values);
  return values;
}

std::vector<std::string> Dataset::read_strings() const {
  const std::vector<std::uint64_t> size = shape();
  if (size.size() == 1) return read_strings(0, size.front());
  const Session session;
  const Handle type = file_type(object_);
  if (classify(type.get()) != ElementType::kString) fail(object_, "numbers", "text");
  require_filters(object_);
  const Handle space = file_space(object_);
  const std::uint64_t count = element_count(space.get());
  auto values = read_string_elements(type.get(), space.get(), count, [&](hid_t memory, void* out) {
    // Asked at once: the next HDF5 call would forget the cause.
    return check(H5Dread(id_of(object_), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out), object_, kReadable);
  });
  if (values.size() != count) fail_with_cause(object_, kReadable);
  return values;
}

void Dataset::read_rows_raw(std::uint64_t first, std::uint64_t rows, std::span<std::byte> out) const {
  const Session session;
  const Handle type = file_type(object_);
  require_filters(object_);
  const Rows block = select_rows(object_, first, rows);
  require_size(out.size(), block.count * H5Tget_size(type.get()), object_);
  if (block.count == 0) return;
  check(H5Dread(id_of(object_), type.get(), block.memory.get(), block.file.get(), H5P_DEFAULT, out.data()),
        object_, kReadable);
}

std::vector<std::string> Dataset::read_strings(std::uint64_t first, std::uint64_t count) const {
  {
    const Session session;
    if (classify(file_type(object_).get()) != ElementType::kString) fail(object_, "numbers", "text");
    require_filters(object_);
    const std::size_t rank = shape().size();
    if (rank != 1) fail(object_, std::to_string(rank) + " dimensions", "1");
    select_rows(object_, first, count);  // refuses rows that are not there
  }
  if (object_->text) return object_->text->read(object_, first, count);
  const Session session;
  const Handle type = file_type(object_);
  const Rows block = select_rows(object_, first, count);
  auto values = read_string_elements(type.get(), block.memory.get(), count, [&](hid_t memory, void* out) {
    return check(H5Dread(id_of(object_), memory, block.memory.get(), block.file.get(), H5P_DEFAULT, out),
                 object_, kReadable);
  });
  if (values.size() != count) fail_with_cause(object_, kReadable);
  return values;
}

template <class T>
void Dataset::write_all(std::span<const T> values) {
  const Session session;
  require_number<T>(object_);
  require_size(values.size(), element_count(file_space(object_).get()), object_);
  if (values.empty()) return;
  const Handle type = write_type<T>(object_);
  check(H5Dwrite(id_of(object_), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), object_,
        kWritable);
}

template <class T>
void Dataset::write_rows(std::uint64_t first, std::uint64_t rows, std::span<const T> values) {
  const Session session;
  require_number<T>(object_);
  grow(object_, first + rows);
  const Rows block = select_rows(object_, first, rows);
  require_size(values.size(), block.count, object_);
  if (block.count == 0) return;
  const Handle type = write_type<T>(object_);
  check(
      H5Dwrite(id_of(object_), type.get(), block.memory.get(), block.file.get(), H5P_DEFAULT, values.data()),
      object_, kWritable);
}

void Dataset::write_rows_raw(std::uint64_t first, std::uint64_t rows, std::span<const std::byte> values) {
  const Session session;
  grow(object_, first + rows);
  const Handle type = file_type(object_);
  const Rows block = select_rows(object_, first, rows);
  require_size(values.size(), block.count * H5Tget_size(type.get()), object_);
  if (block.count == 0) return;
  check(
      H5Dwrite(id_of(object_), type.get(), block.memory.get(), block.file.get(), H5P_DEFAULT, values.data()),
      object_, kWritable);
}

void Dataset::write_strings(std::span<const std::string> values) {
  const Session session;
  const Handle type = file_type(object_);
  if (classify(type.get()) != ElementType::kString) fail(object_, "numbers", "text");
  if (H5Tis_variable_str(type.get()) <= 0) fail(object_, "text of fixed length", "text of variable length");
  require_size(values.size(), element_count(file_space(object_).get()), object_);
  if (values.empty()) return;
  const std::vector<const char*> pointers = c_strings(values);
  const Handle memory = make_string_memory_type(type.get());
  check(H5Dwrite(id_of(object_), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), object_,
        kWritable);
}

template <class T>
void Dataset::append(std::span<const T> values) {
  const Session session;
  const std::vector<std::uint64_t> size = shape();
  if (size.size() != 1) fail(object_, std::to_string(size.size()) + " dimensions", "1");
  write_rows(size.front(), values.size(), values);
}

void Dataset::append_strings(std::span<const std::string> values) {
  const Session session;
  const Handle type = file_type(object_);
  if (classify(type.get()) != ElementType::kString) fail(object_, "numbers", "text");
  const std::vector<std::uint64_t> size = shape();
  if (size.size() != 1) fail(object_, std::to_string(size.size()) + " dimensions", "1");
  if (values.empty()) return;
  grow(object_, size.front() + values.size());
  const Rows block = select_rows(object_, size.front(), values.size());
  const std::vector<const char*> pointers = c_strings(values);
  const Handle memory = make_string_memory_type(type.get());
  check(H5Dwrite(id_of(object_), memory.get(), block.memory.get(), block.file.get(), H5P_DEFAULT,
                 pointers.data()),
        object_, kWritable);
}

template <class T>
Dataset Group::create_values(std::string_view path, std::span<const T> values, const DatasetLayout& layout) {
  const std::uint64_t size = values.size();
  const Session session;
  Dataset created = create_dataset(path, classify(native_type<T>()), {&size, 1}, layout);
  created.write_all(values);
  return created;
}

#define BIODTA_INSTANTIATE(T)                                                             \
  template void Dataset::read<T>(std::uint64_t, std::span<T>) const;                      \
  template void Dataset::read_rows<T>(std::uint64_t, std::uint64_t, std::span<T>) const;  \
  template std::vector<T> Dataset::read_all<T>() const;                                   \
  template void Dataset::write_all<T>(std::span<const T>);                                \
  template void Dataset::write_rows<T>(std::uint64_t, std::uint64_t, std::span<const T>); \
  template void Dataset::append<T>(std::span<const T>);                                   \
  template Dataset Group::create_values<T>(std::string_view, std::span<const T>, const DatasetLayout&);
BIODTA_INSTANTIATE(std::int8_t)
BIODTA_INSTANTIATE(std::uint8_t)
BIODTA_INSTANTIATE(std::int16_t)
BIODTA_INSTANTIATE(std::uint16_t)
BIODTA_INSTANTIATE(std::int32_t)
BIODTA_INSTANTIATE(std::uint32_t)
BIODTA_INSTANTIATE(std::int64_t)
BIODTA_INSTANTIATE(std::uint64_t)
BIODTA_INSTANTIATE(float)
BIODTA_INSTANTIATE(double)
#undef BIODTA_INSTANTIATE

}  // namespace biodta::support::hdf5
