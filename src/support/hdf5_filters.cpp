#include "hdf5_filters.hpp"

#include <liblzf/lzf.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

namespace biodta::support::hdf5 {
namespace {

/// Filters that files in this field are met with, for people to know what they lack.
std::string filter_name(H5Z_filter_t id, std::string_view own_name) {
  switch (id) {
    case H5Z_FILTER_SZIP:
      return "szip";
    case 32001:
      return "blosc";
    case 32004:
      return "LZ4";
    case 32008:
      return "bitshuffle";
    case 32013:
      return "ZFP";
    case 32015:
      return "zstd";
    case 32026:
      return "blosc2";
    default:
      return own_name.empty() ? "an unknown filter" : std::string(own_name);
  }
}

/// HDF5's own calls of the filter, for datasets that it reads itself (text).
std::size_t lzf_filter(unsigned flags, std::size_t count, const unsigned* parameters, std::size_t bytes,
                       std::size_t* buffer_bytes, void** buffer) {
  const bool reading = (flags & H5Z_FLAG_REVERSE) != 0;
  std::size_t room = reading ? (count > 2 && parameters[2] != 0 ? parameters[2] : *buffer_bytes) : bytes;
  if (room == 0) return 0;
  void* made = H5allocate_memory(room, false);
  if (made == nullptr) return 0;
  const auto call = reading ? lzf_decompress : lzf_compress;
  unsigned size = call(*buffer, static_cast<unsigned>(bytes), made, static_cast<unsigned>(room));
  // The parameter is too small for text: h5py counts a reference to a string as 8 bytes, the file has 16. A
  // byte of LZF makes at most 132.
  while (reading && size == 0 && errno == E2BIG && room / 132 <= bytes) {
    room *= 2;
    H5free_memory(made);
    made = H5allocate_memory(room, false);
    if (made == nullptr) return 0;
    size = call(*buffer, static_cast<unsigned>(bytes), made, static_cast<unsigned>(room));
  }
  if (size == 0) {
    H5free_memory(made);
    return 0;
  }
  H5free_memory(*buffer);
  *buffer = made;
  *buffer_bytes = room;
  return size;
}

}  // namespace

void register_lzf() {
  if (H5Zfilter_avail(kLzfFilter) > 0) return;
  static constexpr H5Z_class2_t kClass = {H5Z_CLASS_T_VERS, kLzfFilter, 1,         1, "lzf",
                                          nullptr,          nullptr,    lzf_filter};
  H5Zregister(&kClass);
}

void require_filters(const ObjectPointer& dataset) {
  const Handle properties(check(H5Dget_create_plist(id_of(dataset)), dataset, "a readable dataset"),
                          H5Pclose);
  const int count = H5Pget_nfilters(properties.get());
  for (int i = 0; i < count; ++i) {
    std::array<char, 64> name{};
    unsigned flags = 0;
    unsigned configuration = 0;
    std::size_t parameters = 0;
    const H5Z_filter_t id = H5Pget_filter2(properties.get(), static_cast<unsigned>(i), &flags, &parameters,
                                           nullptr, name.size() - 1, name.data(), &configuration);
    if (H5Zfilter_avail(id) > 0) continue;
    H5Eclear2(H5E_DEFAULT);
    throw InputError(
        dataset->file->path, name_of(dataset),
        "values compressed by " + filter_name(id, name.data()) + " (HDF5 filter " + std::to_string(id) +
            "), which this HDF5 lacks",
        "gzip, LZF, szip or none",
        "write the file anew with gzip, where the filter is at hand; or name a folder of HDF5 plugins "
        "in HDF5_PLUGIN_PATH");
  }
}

}  // namespace biodta::support::hdf5
