#include "hdf5_chunks.hpp"
#include "hdf5_handle.hpp"

#include <array>
#include <stdexcept>

namespace biodta::support::hdf5 {
namespace {

constexpr std::string_view kTile = "a readable matrix";

/// first + count lies within size.
bool is_within(std::uint64_t first, std::uint64_t count, std::uint64_t size) {
  return first <= size && count <= size - first;
}

}  // namespace

template <class T>
void Dataset::read_tile(std::uint64_t first_row, std::uint64_t rows, std::uint64_t first_column,
                        std::uint64_t columns, std::span<T> out) const {
  const std::vector<std::uint64_t> size = shape();
  if (size.size() != 2) fail(object_, std::to_string(size.size()) + " dimensions", "2");
  // Not under a session: whole rows are decompressed by several threads.
  if (first_column == 0 && columns == size[1]) return read_rows(first_row, rows, out);
  if (!is_within(first_row, rows, size[0]) || !is_within(first_column, columns, size[1])) {
    fail(object_, std::to_string(size[0]) + " rows and " + std::to_string(size[1]) + " columns",
         "at least " + std::to_string(first_row + rows) + " and " + std::to_string(first_column + columns));
  }
  if (out.size() != rows * columns) throw std::invalid_argument("a tile and its buffer differ in size");
  if (out.empty()) return;
  const Session session;
  require_filters(object_);
  const Handle file(check(H5Dget_space(id_of(object_)), object_, kTile), H5Sclose);
  const std::array<hsize_t, 2> start = {first_row, first_column};
  const std::array<hsize_t, 2> count = {rows, columns};
  check(H5Sselect_hyperslab(file.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
        object_, kTile);
  const Handle memory(H5Screate_simple(2, count.data(), nullptr), H5Sclose);
  check(H5Dread(id_of(object_), native_type<T>(), memory.get(), file.get(), H5P_DEFAULT, out.data()), object_,
        kTile);
}

#define BIODTA_INSTANTIATE_TILE(T)                                                                \
  template void Dataset::read_tile<T>(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, \
                                      std::span<T>) const;
BIODTA_INSTANTIATE_TILE(std::int8_t)
BIODTA_INSTANTIATE_TILE(std::uint8_t)
BIODTA_INSTANTIATE_TILE(std::int16_t)
BIODTA_INSTANTIATE_TILE(std::uint16_t)
BIODTA_INSTANTIATE_TILE(std::int32_t)
BIODTA_INSTANTIATE_TILE(std::uint32_t)
BIODTA_INSTANTIATE_TILE(std::int64_t)
BIODTA_INSTANTIATE_TILE(std::uint64_t)
BIODTA_INSTANTIATE_TILE(float)
BIODTA_INSTANTIATE_TILE(double)
#undef BIODTA_INSTANTIATE_TILE

}  // namespace biodta::support::hdf5
