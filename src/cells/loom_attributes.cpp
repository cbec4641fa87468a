#include "loom_attributes.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace biodta::cells {

LoomAttributes::LoomAttributes(std::filesystem::path path, support::hdf5::Group group, std::uint64_t rows,
                               std::span<const std::string_view> index_names)
    : ColumnFrame(std::move(path)), group_(std::move(group)) {
  std::vector<std::string> columns = group_.children();
  std::erase_if(columns, [this](const std::string& name) { return !group_.is_dataset(name); });
  set_rows(rows);
  for (const std::string_view name : index_names) {
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) continue;
    std::optional<ColumnReader> index = open_column(std::string(name));
    if (!index) continue;
    if (index->rows() != rows) {
      throw InputError(this->path(), index->place(), std::to_string(index->rows()) + " values",
                       std::to_string(rows) + " as in the matrix");
    }
    set_index(*std::move(index));
    std::erase(columns, name);
    break;
  }
  set_columns(std::move(columns));
}

std::optional<ColumnReader> LoomAttributes::open_column(const std::string& name) const {
  return ColumnReader::plain(path(), dataset_values(group_.dataset(name), group_.name() + "/" + name));
}

}  // namespace biodta::cells
