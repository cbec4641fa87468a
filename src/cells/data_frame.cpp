#include "data_frame.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using hdf5::ElementType;

constexpr std::string_view kLegacyCategories = "__categories";

bool is_coded(ElementType type) {
  return type != ElementType::kString && type != ElementType::kOther && type != ElementType::kBool;
}

/// A member that must hold one value a row.
ColumnValuesPointer open_line(const std::filesystem::path& path, const hdf5::Group& group,
                              const std::string& member) {
  const std::string place = group.name() + "/" + member;
  const hdf5::Dataset dataset = group.dataset(member);
  ColumnValuesPointer values = dataset_values(dataset, place);
  if (!values) throw InputError(path, place, std::to_string(dataset.shape().size()) + " dimensions", "1");
  return values;
}

/// The member that names the rows: by one of the names that anndata gave it, or else the first of text.
std::string index_member(const std::filesystem::path& path, const hdf5::Dataset& table,
                         const std::string& name) {
  const std::vector<std::string> members = table.members();
  for (const char* known : {"index", "obs_names", "var_names", "row_names", "col_names", "smp_names"}) {
    if (std::find(members.begin(), members.end(), known) != members.end()) return known;
  }
  for (const std::string& member : members) {
    if (table.member_type(member) == ElementType::kString) return member;
  }
  throw InputError(path, name, members.empty() ? "an array" : "a table without a text member",
                   "a group of columns, or a table with an index");
}

}  // namespace

DataFrame::DataFrame(std::filesystem::path path, hdf5::Group group)
    : ColumnFrame(std::move(path)), group_(std::move(group)) {
  const std::string index_name = group_.maybe_text_attribute("_index").value_or("_index");
  std::vector<std::string> columns =
      group_.has_attribute("column-order") ? group_.text_array_attribute("column-order") : group_.children();
  std::erase_if(columns, [&](const std::string& name) {
    return name == index_name || name == kLegacyCategories || !group_.exists(name);
  });
  set_columns(std::move(columns));
  std::optional<ColumnReader> index =
      group_.is_group(index_name)
          ? open_group(index_name)
          : ColumnReader::plain(this->path(), open_line(this->path(), group_, index_name));
  if (!index) throw InputError(this->path(), place_of(index_name), "values of another kind", "row names");
  set_index(*std::move(index));
}

std::optional<ColumnReader> DataFrame::open_group(const std::string& name) const {
  const hdf5::Group member = group_.group(name);
  const std::string encoding = member.maybe_text_attribute("encoding-type").value_or("");
  if (encoding == "categorical") {
    return ColumnReader::coded(
        path(), open_line(path(), member, "codes"),
        category_names(member.dataset("categories"), member.name() + "/categories", path()));
  }
  if (!encoding.starts_with("nullable-")) return std::nullopt;
  return ColumnReader::plain(path(), open_line(path(), member, "values"), open_line(path(), member, "mask"));
}

std::optional<ColumnReader> DataFrame::open_dataset(const std::string& name) const {
  ColumnValuesPointer values = dataset_values(group_.dataset(name), place_of(name));
  const std::string categories = std::string(kLegacyCategories) + "/" + name;
  if (values && is_coded(values->type()) && group_.is_dataset(categories)) {
    return ColumnReader::coded(path(), std::move(values),
                               category_names(group_.dataset(categories), place_of(categories), path()));
  }
  return ColumnReader::plain(path(), std::move(values));
}

std::optional<ColumnReader> DataFrame::open_column(const std::string& name) const {
  return group_.is_group(name) ? open_group(name) : open_dataset(name);
}

CompoundFrame::CompoundFrame(std::filesystem::path path, hdf5::Dataset table, std::string name,
                             std::optional<hdf5::Group> categories)
    : ColumnFrame(std::move(path)),
      table_(std::move(table)),
      name_(std::move(name)),
      categories_(std::move(categories)) {
  const std::string index = index_member(this->path(), table_, name_);
  std::optional<ColumnReader> reader =
      ColumnReader::plain(this->path(), member_values(table_, index, name_ + "/" + index));
  if (!reader) throw InputError(this->path(), name_, "a table without row names", "one row a name");
  set_index(*std::move(reader));
  std::vector<std::string> columns = table_.members();
  std::erase(columns, index);
  set_columns(std::move(columns));
}

std::optional<ColumnReader> CompoundFrame::open_column(const std::string& name) const {
  ColumnValuesPointer values = member_values(table_, name, name_ + "/" + name);
  const std::string categories = name + "_categories";
  if (values && categories_ && is_coded(values->type()) && categories_->is_dataset(categories)) {
    return ColumnReader::coded(path(), std::move(values),
                               category_names(categories_->dataset(categories), "uns/" + categories, path()));
  }
  return ColumnReader::plain(path(), std::move(values));
}

std::unique_ptr<ColumnFrame> open_frame(const hdf5::File& file, const std::string& name) {
  if (!file.is_dataset(name)) return std::make_unique<DataFrame>(file.path(), file.group(name));
  // raw.var had its categories in a group of its own.
  const char* categories = name == "raw.var" && file.is_group("raw.cat") ? "raw.cat" : "uns";
  std::optional<hdf5::Group> group;
  if (file.is_group(categories)) group = file.group(categories);
  return std::make_unique<CompoundFrame>(file.path(), file.dataset(name), name, std::move(group));
}

}  // namespace biodta::cells
