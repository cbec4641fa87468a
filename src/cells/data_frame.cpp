#include "data_frame.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using hdf5::ElementType;

constexpr std::string_view kLegacyCategories = "__categories";

bool is_number(ElementType type) {
  return type != ElementType::kString && type != ElementType::kOther && type != ElementType::kBool;
}

/// Distinct values in sorted order, as pandas would make them.
ObsColumn categorize(const std::vector<std::string>& values, const std::vector<std::uint8_t>& missing = {}) {
  ObsColumn column;
  std::unordered_map<std::string_view, std::int32_t> code_of;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (missing.empty() || missing[i] == 0) code_of.emplace(values[i], 0);
  }
  for (const auto& [value, code] : code_of) column.categories.emplace_back(value);
  std::sort(column.categories.begin(), column.categories.end());
  for (std::size_t i = 0; i < column.categories.size(); ++i) {
    code_of[column.categories[i]] = static_cast<std::int32_t>(i);
  }
  column.codes.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    column.codes.push_back(missing.empty() || missing[i] == 0 ? code_of.at(values[i]) : -1);
  }
  return column;
}

ObsColumn truths(const std::vector<std::uint8_t>& values, const std::vector<std::uint8_t>& missing = {}) {
  ObsColumn column;
  column.categories = {"False", "True"};
  column.codes.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    column.codes.push_back(missing.empty() || missing[i] == 0 ? static_cast<std::int32_t>(values[i] != 0)
                                                              : -1);
  }
  return column;
}

/// Categories are text; numbers and truth values are shown as text.
std::vector<std::string> category_names(const hdf5::Dataset& dataset) {
  const ElementType type = dataset.type();
  if (type == ElementType::kString) return dataset.read_strings();
  std::vector<std::string> names;
  if (type == ElementType::kBool) {
    for (const std::uint8_t value : dataset.read_all<std::uint8_t>())
      names.emplace_back(value != 0 ? "True" : "False");
  } else {
    for (const double value : dataset.read_all<double>()) names.push_back(support::format_double(value));
  }
  return names;
}

std::size_t row_count(const hdf5::Dataset& dataset) {
  const std::vector<std::uint64_t> shape = dataset.shape();
  return shape.empty() ? 0 : static_cast<std::size_t>(shape.front());
}

}  // namespace

DataFrame::DataFrame(std::filesystem::path path, hdf5::Group group)
    : path_(std::move(path)), group_(std::move(group)) {
  index_name_ = group_.maybe_text_attribute("_index").value_or("_index");
  if (group_.has_attribute("column-order")) {
    columns_ = group_.text_array_attribute("column-order");
  } else {
    columns_ = group_.children();
  }
  std::erase_if(columns_, [this](const std::string& name) {
    return name == index_name_ || name == kLegacyCategories || !group_.exists(name);
  });
}

std::vector<std::string> DataFrame::index() const {
  const hdf5::Dataset dataset = group_.dataset(index_name_);
  return dataset.type() == ElementType::kString ? dataset.read_strings() : category_names(dataset);
}

bool DataFrame::has_column(std::string_view name) const {
  return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
}

ObsColumn DataFrame::categorical(const hdf5::Dataset& codes, std::vector<std::string> categories,
                                 std::string_view name) const {
  ObsColumn column;
  column.codes = codes.read_all<std::int32_t>();
  column.categories = std::move(categories);
  const auto count = static_cast<std::int32_t>(column.categories.size());
  for (std::size_t i = 0; i < column.codes.size(); ++i) {
    if (column.codes[i] >= -1 && column.codes[i] < count) continue;
    throw InputError(path_, std::string(name) + ": row " + std::to_string(i),
                     "code " + std::to_string(column.codes[i]), "-1 to " + std::to_string(count - 1));
  }
  return column;
}

std::optional<ObsColumn> DataFrame::group_column(const hdf5::Group& member) const {
  const std::string encoding = member.maybe_text_attribute("encoding-type").value_or("");
  if (encoding == "categorical") {
    return categorical(member.dataset("codes"), category_names(member.dataset("categories")), member.name());
  }
  if (!encoding.starts_with("nullable-")) return std::nullopt;
  const hdf5::Dataset values = member.dataset("values");
  const auto missing = member.dataset("mask").read_all<std::uint8_t>();
  if (missing.size() != row_count(values)) {
    throw InputError(path_, member.name() + "/mask", std::to_string(missing.size()) + " rows",
                     std::to_string(row_count(values)));
  }
  if (values.type() == ElementType::kString) return categorize(values.read_strings(), missing);
  if (values.type() == ElementType::kBool) return truths(values.read_all<std::uint8_t>(), missing);
  ObsColumn column;
  column.numbers = values.read_all<double>();
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (missing[i] != 0) column.numbers[i] = std::numeric_limits<double>::quiet_NaN();
  }
  return column;
}

std::optional<ObsColumn> DataFrame::dataset_column(std::string_view name, const hdf5::Dataset& member) const {
  if (member.shape().size() != 1) return std::nullopt;
  const std::string categories = std::string(kLegacyCategories) + "/" + std::string(name);
  if (group_.is_dataset(categories) && is_number(member.type())) {
    return categorical(member, category_names(group_.dataset(categories)),
                       group_.name() + "/" + std::string(name));
  }
  if (member.type() == ElementType::kString) return categorize(member.read_strings());
  if (member.type() == ElementType::kBool) return truths(member.read_all<std::uint8_t>());
  if (!is_number(member.type())) return std::nullopt;
  ObsColumn column;
  column.numbers = member.read_all<double>();
  return column;
}

std::optional<ObsColumn> DataFrame::column(std::string_view name) const {
  std::optional<ObsColumn> column =
      group_.is_group(name) ? group_column(group_.group(name)) : dataset_column(name, group_.dataset(name));
  if (column) column->name = name;
  return column;
}

std::optional<std::vector<std::string>> DataFrame::text_column(std::string_view name) const {
  if (!has_column(name)) return std::nullopt;
  if (group_.is_dataset(name)) {
    const hdf5::Dataset dataset = group_.dataset(name);
    if (dataset.type() == ElementType::kString && dataset.shape().size() == 1) return dataset.read_strings();
  }
  const std::optional<ObsColumn> found = column(name);
  if (!found || !found->categorical()) return std::nullopt;
  std::vector<std::string> values;
  values.reserve(found->codes.size());
  for (const std::int32_t code : found->codes) {
    values.push_back(code < 0 ? std::string() : found->categories[static_cast<std::size_t>(code)]);
  }
  return values;
}

}  // namespace biodta::cells
