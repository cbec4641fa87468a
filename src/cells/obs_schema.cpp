#include <biodta/cells/obs_schema.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace biodta::cells {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

ObsSchema::ObsSchema(std::vector<std::string> keep) : keep_(std::move(keep)) {}

void ObsSchema::add_category(std::size_t field, const std::string& category) {
  std::vector<std::string>& categories = fields_[field].categories;
  const auto [found, is_new] =
      codes_[field].of_category.emplace(category, static_cast<std::int32_t>(categories.size()));
  if (is_new) categories.push_back(category);
}

void ObsSchema::add(std::span<const ObsField> fields, const std::filesystem::path& path) {
  for (const ObsField& field : fields) {
    if (!contains(met_, field.name)) met_.push_back(field.name);
    if (field.identifiers && contains(keep_, field.name)) {
      throw InputError(path, "obs/" + field.name, "text of which most values are different",
                       "a column of categories or numbers", "leave it out of keep_obs (--keep-obs)");
    }
    if (!keeps(field)) continue;
    const auto known = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const ObsField& other) { return other.name == field.name; });
    const auto at = static_cast<std::size_t>(known - fields_.begin());
    if (known == fields_.end()) {
      fields_.push_back({field.name, false, {}, false});
      codes_.emplace_back();
    }
    if (field.categorical) {
      fields_[at].categorical = true;
      for (const std::string& category : field.categories) add_category(at, category);
    } else {
      codes_[at].numbers = true;
    }
  }
}

bool ObsSchema::keeps(const ObsField& field) const {
  return !field.identifiers && (contains(keep_, field.name) || contains(keep_, "*"));
}

void ObsSchema::add_mixed_numbers(std::span<const ObsField> fields, std::uint64_t rows,
                                  const ReadRange& read) {
  constexpr std::uint64_t kRowsPerRead = 65'536;
  const std::vector<std::string> names = mixed();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].categorical || !contains(names, fields[i].name)) continue;
    for (std::uint64_t first = 0; first < rows; first += kRowsPerRead) {
      add_numbers(fields[i].name, read(i, first, std::min(kRowsPerRead, rows - first)).numbers);
    }
  }
}

std::vector<std::string> ObsSchema::mixed() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].categorical && codes_[i].numbers) names.push_back(fields_[i].name);
  }
  return names;
}

void ObsSchema::add_numbers(std::string_view column, std::span<const double> numbers) {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const ObsField& field) { return field.name == column; });
  if (found == fields_.end()) throw Error("obs: no column '" + std::string(column) + "'");
  for (const double number : numbers) {
    if (!std::isnan(number)) {
      add_category(static_cast<std::size_t>(found - fields_.begin()), support::format_double(number));
    }
  }
}

void ObsSchema::require_kept() const {
  for (const std::string& name : keep_) {
    if (name == "*" || contains(met_, name)) continue;
    throw ConfigError("keep_obs: found '" + name + "', expected columns of the inputs: " +
                      (met_.empty() ? "there are none" : support::join_words(met_)));
  }
}

ObsJoin::ObsJoin(const ObsSchema& schema, std::span<const ObsField> fields) : schema_(schema) {
  for (std::size_t i = 0; i < schema.fields_.size(); ++i) {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const ObsField& field) {
      return field.name == schema.fields_[i].name && !field.identifiers;
    });
    Column column{found == fields.end() ? kNone : static_cast<std::size_t>(found - fields.begin()), {}};
    if (column.field != kNone && found->categorical) {
      for (const std::string& category : found->categories) {
        column.recode.push_back(schema.codes_[i].of_category.at(category));
      }
    }
    columns_.push_back(std::move(column));
  }
}

ObsValues ObsJoin::convert(std::size_t column, ObsValues values) const {
  const std::vector<std::int32_t>& recode = columns_[column].recode;
  for (std::int32_t& code : values.codes) {
    if (code >= 0) code = recode[static_cast<std::size_t>(code)];
  }
  if (!schema_.fields_[column].categorical || !values.codes.empty()) return values;
  for (const double number : values.numbers) {
    values.codes.push_back(
        std::isnan(number) ? -1 : schema_.codes_[column].of_category.at(support::format_double(number)));
  }
  values.numbers.clear();
  return values;
}

std::vector<std::size_t> ObsJoin::fields() const {
  std::vector<std::size_t> indices;
  for (const Column& column : columns_) {
    if (column.field != kNone) indices.push_back(column.field);
  }
  return indices;
}

std::vector<ObsValues> ObsJoin::read(std::size_t rows, const Read& read) const {
  std::vector<ObsValues> result;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].field != kNone) {
      result.push_back(convert(i, read(columns_[i].field)));
      continue;
    }
    ObsValues missing;
    if (schema_.fields_[i].categorical) {
      missing.codes.assign(rows, -1);
    } else {
      missing.numbers.assign(rows, std::numeric_limits<double>::quiet_NaN());
    }
    result.push_back(std::move(missing));
  }
  return result;
}

}  // namespace biodta::cells
