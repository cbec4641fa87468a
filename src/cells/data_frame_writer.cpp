#include "data_frame.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;

constexpr std::uint64_t kRowsPerChunk = std::uint64_t{1} << 16;

void set_encoding(hdf5::Attributed& object, std::string_view type) {
  object.set_attribute("encoding-type", type);
  object.set_attribute("encoding-version", "0.2.0");
}

hdf5::DatasetLayout column_layout(std::size_t rows) {
  if (rows == 0) return {};
  return {{std::min<std::uint64_t>(rows, kRowsPerChunk)}, 1, true, false};
}

void write_texts(hdf5::Group& group, std::string_view name, std::span<const std::string> values) {
  hdf5::Dataset dataset = group.create_strings(name, values);
  set_encoding(dataset, "string-array");
}

template <class T>
hdf5::Dataset write_codes(hdf5::Group& group, std::span<const std::int32_t> codes) {
  const std::vector<T> narrow(codes.begin(), codes.end());
  return group.create_values<T>("codes", narrow, column_layout(codes.size()));
}

void write_categorical(hdf5::Group& parent, const ObsColumn& column) {
  hdf5::Group group = parent.create_group(column.name);
  set_encoding(group, "categorical");
  group.set_attribute("ordered", false);
  write_texts(group, "categories", column.categories);
  const std::size_t most = column.categories.size();
  hdf5::Dataset codes =
      most <= std::numeric_limits<std::int8_t>::max()    ? write_codes<std::int8_t>(group, column.codes)
      : most <= std::numeric_limits<std::int16_t>::max() ? write_codes<std::int16_t>(group, column.codes)
                                                         : write_codes<std::int32_t>(group, column.codes);
  set_encoding(codes, "array");
}

void write_numbers(hdf5::Group& parent, const ObsColumn& column) {
  hdf5::Dataset dataset =
      parent.create_values<double>(column.name, column.numbers, column_layout(column.numbers.size()));
  set_encoding(dataset, "array");
}

void check_rows(const ObsColumn& column, std::size_t rows) {
  const std::size_t values = column.categorical() ? column.codes.size() : column.numbers.size();
  if (values == rows) return;
  throw Error("column '" + column.name + "' has " + std::to_string(values) + " values for " +
              std::to_string(rows) + " rows");
}

}  // namespace

hdf5::Group write_frame(hdf5::Group& parent, std::string_view name, std::span<const std::string> index,
                        std::span<const ObsColumn> columns) {
  hdf5::Group group = parent.create_group(name);
  set_encoding(group, "dataframe");
  group.set_attribute("_index", "_index");
  std::vector<std::string> names;
  for (const ObsColumn& column : columns) names.push_back(column.name);
  group.set_attribute("column-order", std::span<const std::string>(names));
  write_texts(group, "_index", index);
  for (const ObsColumn& column : columns) {
    check_rows(column, index.size());
    column.categorical() ? write_categorical(group, column) : write_numbers(group, column);
  }
  return group;
}

}  // namespace biodta::cells
