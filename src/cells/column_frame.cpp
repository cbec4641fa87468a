#include "column_frame.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <utility>

namespace biodta::cells {

void ColumnFrame::set_index(ColumnReader index) {
  rows_ = index.rows();
  index_ = std::move(index);
}

std::vector<std::string> ColumnFrame::index(std::uint64_t first, std::uint64_t count) const {
  if (first > rows_ || count > rows_ - first) {
    throw Error(path_.string() + ": has no row " + std::to_string(first + count));
  }
  if (index_) return index_->texts(first, count);
  std::vector<std::string> names;
  names.reserve(count);
  for (std::uint64_t row = first; row < first + count; ++row) names.push_back("cell " + std::to_string(row));
  return names;
}

const std::vector<ObsField>& ColumnFrame::fields() const {
  if (opened_) return fields_;
  std::vector<ColumnReader> readers;
  std::vector<ObsField> fields;
  for (const std::string& name : columns_) {
    std::optional<ColumnReader> reader = open_column(name);
    if (!reader) continue;
    if (reader->rows() != rows_) {
      throw InputError(path_, reader->place(), std::to_string(reader->rows()) + " values",
                       std::to_string(rows_) + ", one a row");
    }
    fields.push_back(reader->field());
    fields.back().name = name;
    readers.push_back(*std::move(reader));
  }
  readers_ = std::move(readers);
  fields_ = std::move(fields);
  opened_ = true;
  return fields_;
}

ObsValues ColumnFrame::read(std::size_t field, std::uint64_t first, std::uint64_t count) const {
  if (field >= fields().size()) throw Error(path_.string() + ": has no column " + std::to_string(field));
  if (first > rows_ || count > rows_ - first) {
    throw Error(path_.string() + ": has no row " + std::to_string(first + count));
  }
  return readers_[field].read(first, count);
}

bool ColumnFrame::has_column(std::string_view name) const {
  return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
}

std::optional<ObsColumn> ColumnFrame::column(std::string_view name) const {
  const std::optional<ColumnReader> reader = open_column(std::string(name));
  if (!reader) return std::nullopt;
  ObsColumn column = reader->read_all();
  column.name = name;
  return column;
}

std::optional<std::vector<std::string>> ColumnFrame::text_column(std::string_view name) const {
  if (!has_column(name)) return std::nullopt;
  const std::optional<ColumnReader> reader = open_column(std::string(name));
  if (!reader || reader->is_number()) return std::nullopt;
  return reader->texts(0, reader->rows());
}

}  // namespace biodta::cells
