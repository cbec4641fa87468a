#pragma once
/// @file
/// .h5ad files made member by member, so that a test can break any of them.

#include <biodta/support/hdf5.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells::testing {

/// Three cells of four genes: c0 {g0: 1, g2: 3}, c1 {}, c2 {g1: 2, g3: 5}.
struct MatrixParts {
  std::string encoding = "csr_matrix";
  std::array<std::int64_t, 2> shape = {3, 4};
  std::vector<float> data = {1, 3, 2, 5};
  std::vector<std::int32_t> indices = {0, 2, 1, 3};
  std::vector<std::int32_t> indptr = {0, 2, 2, 4};
};

inline void add_matrix(support::hdf5::Group& root, std::string_view name, const MatrixParts& parts) {
  support::hdf5::Group group = root.create_group(name);
  if (!parts.encoding.empty()) group.set_attribute("encoding-type", parts.encoding);
  group.set_attribute("shape", std::span<const std::int64_t>(parts.shape));
  group.create_values<float>("data", parts.data);
  group.create_values<std::int32_t>("indices", parts.indices);
  group.create_values<std::int32_t>("indptr", parts.indptr);
}

inline support::hdf5::Group add_frame(support::hdf5::Group& root, std::string_view name,
                                      const std::vector<std::string>& index,
                                      const std::vector<std::string>& columns = {}) {
  support::hdf5::Group group = root.create_group(name);
  group.set_attribute("encoding-type", "dataframe");
  group.set_attribute("_index", "_index");
  group.set_attribute("column-order", std::span<const std::string>(columns));
  group.create_strings("_index", index);
  return group;
}

inline const std::vector<std::string>& three_cells() {
  static const std::vector<std::string> ids = {"c0", "c1", "c2"};
  return ids;
}
inline const std::vector<std::string>& four_genes() {
  static const std::vector<std::string> ids = {"g0", "g1", "g2", "g3"};
  return ids;
}

/// Writes a file of X, obs and var; `more` adds or changes what it likes before the file is closed.
inline std::filesystem::path write_file(const std::filesystem::path& path, const MatrixParts& parts = {},
                                        const std::function<void(support::hdf5::File&)>& more = {}) {
  support::hdf5::File file = support::hdf5::File::create(path);
  add_matrix(file, "X", parts);
  add_frame(file, "obs", three_cells());
  add_frame(file, "var", four_genes());
  if (more) more(file);
  file.close();
  return path;
}

}  // namespace biodta::cells::testing
