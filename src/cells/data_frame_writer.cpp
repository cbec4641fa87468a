#include "data_frame.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;

constexpr std::uint64_t kRowsPerChunk = std::uint64_t{1} << 16;

void set_frame_encoding(hdf5::Attributed& object, std::string_view type) {
  object.set_attribute("encoding-type", type);
  object.set_attribute("encoding-version", "0.2.0");
}

hdf5::Dataset make_column(hdf5::Group& group, std::string_view name, hdf5::ElementType type,
                          std::uint64_t chunk_rows) {
  const std::uint64_t none = 0;
  return group.create_dataset(name, type, {&none, 1},
                              {{chunk_rows}, 1, type != hdf5::ElementType::kString, true});
}

/// The narrowest type that holds the codes of so many categories, as pandas does it.
hdf5::ElementType code_type(std::size_t categories) {
  if (categories <= std::numeric_limits<std::int8_t>::max()) return hdf5::ElementType::kInt8;
  if (categories <= std::numeric_limits<std::int16_t>::max()) return hdf5::ElementType::kInt16;
  return hdf5::ElementType::kInt32;
}

hdf5::Dataset make_codes(hdf5::Group& parent, const ObsField& field, std::uint64_t chunk_rows) {
  hdf5::Group group = parent.create_group(field.name);
  set_frame_encoding(group, "categorical");
  group.set_attribute("ordered", false);
  hdf5::Dataset categories = group.create_strings("categories", field.categories);
  set_frame_encoding(categories, "string-array");
  return make_column(group, "codes", code_type(field.categories.size()), chunk_rows);
}

void check_value_count(const std::string& column, std::size_t values, std::size_t rows) {
  if (values == rows) return;
  throw Error("column '" + column + "' has " + std::to_string(values) + " values for " +
              std::to_string(rows) + " rows");
}

}  // namespace

FrameWriter::FrameWriter(hdf5::Group& parent, std::string_view name, std::span<const ObsField> fields,
                         std::uint64_t chunk_rows)
    : group_(parent.create_group(name)) {
  set_frame_encoding(group_, "dataframe");
  group_.set_attribute("_index", "_index");
  std::vector<std::string> names;
  for (const ObsField& field : fields) names.push_back(field.name);
  group_.set_attribute("column-order", std::span<const std::string>(names));
  index_ = make_column(group_, "_index", hdf5::ElementType::kString, chunk_rows);
  set_frame_encoding(index_, "string-array");
  for (const ObsField& field : fields) {
    hdf5::Dataset values = field.categorical
                               ? make_codes(group_, field, chunk_rows)
                               : make_column(group_, field.name, hdf5::ElementType::kFloat64, chunk_rows);
    set_frame_encoding(values, "array");
    columns_.push_back({field.name, field.categorical, std::move(values)});
  }
}

void FrameWriter::append(std::span<const std::string> index, std::span<const ObsValues> columns) {
  if (columns.size() != columns_.size()) throw Error("a frame's rows have another number of columns than it");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = columns_[i];
    check_value_count(column.name, column.categorical ? columns[i].codes.size() : columns[i].numbers.size(),
                      index.size());
  }
  index_.append_strings(index);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns_[i].categorical ? columns_[i].values.append<std::int32_t>(columns[i].codes)
                            : columns_[i].values.append<double>(columns[i].numbers);
  }
}

hdf5::Group write_frame(hdf5::Group& parent, std::string_view name, std::span<const std::string> index,
                        std::span<const ObsColumn> columns) {
  std::vector<ObsField> fields;
  std::vector<ObsValues> values;
  for (const ObsColumn& column : columns) {
    fields.push_back(column.field());
    values.push_back(column.values());
  }
  FrameWriter writer(parent, name, fields, std::clamp<std::uint64_t>(index.size(), 1, kRowsPerChunk));
  writer.append(index, values);
  return writer.group();
}

}  // namespace biodta::cells
