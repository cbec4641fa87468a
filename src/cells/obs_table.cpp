#include <biodta/cells/obs_table.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace biodta::cells {
namespace {

/// A categorical column made of numbers, each distinct one a category.
ObsColumn categories_of(const ObsColumn& numeric) {
  ObsColumn column;
  column.name = numeric.name;
  std::unordered_map<std::string, std::int32_t> code_of;
  for (const double number : numeric.numbers) {
    if (std::isnan(number)) {
      column.codes.push_back(-1);
      continue;
    }
    const auto [found, is_new] =
        code_of.emplace(support::format_double(number), static_cast<std::int32_t>(code_of.size()));
    if (is_new) column.categories.push_back(found->first);
    column.codes.push_back(found->second);
  }
  return column;
}

void append_categories(ObsColumn& to, const ObsColumn& from, std::span<const std::uint64_t> kept) {
  std::unordered_map<std::string, std::int32_t> code_of;
  for (const std::string& category : to.categories) {
    code_of.emplace(category, static_cast<std::int32_t>(code_of.size()));
  }
  std::vector<std::int32_t> recoded;
  recoded.reserve(from.categories.size());
  for (const std::string& category : from.categories) {
    const auto [found, is_new] = code_of.emplace(category, static_cast<std::int32_t>(code_of.size()));
    if (is_new) to.categories.push_back(category);
    recoded.push_back(found->second);
  }
  for (const std::uint64_t row : kept) {
    const std::int32_t code = from.codes[row];
    to.codes.push_back(code < 0 ? -1 : recoded[static_cast<std::size_t>(code)]);
  }
}

}  // namespace

ObsColumn& ObsTable::column_like(const ObsColumn& column) {
  auto found = std::find_if(columns_.begin(), columns_.end(),
                            [&](const ObsColumn& known) { return known.name == column.name; });
  if (found == columns_.end()) {
    ObsColumn missing;
    missing.name = column.name;
    if (column.categorical()) {
      missing.codes.assign(rows_, -1);
    } else {
      missing.numbers.assign(rows_, std::numeric_limits<double>::quiet_NaN());
    }
    columns_.push_back(std::move(missing));
    return columns_.back();
  }
  if (column.categorical() && !found->numbers.empty()) *found = categories_of(*found);
  return *found;
}

void ObsTable::append(std::span<const ObsColumn> columns, std::span<const std::uint64_t> kept) {
  for (const ObsColumn& column : columns) {
    ObsColumn& known = column_like(column);
    if (column.categorical()) {
      append_categories(known, column, kept);
    } else if (known.categorical()) {
      append_categories(known, categories_of(column), kept);
    } else {
      for (const std::uint64_t row : kept) known.numbers.push_back(column.numbers[row]);
    }
  }
  rows_ += kept.size();
  for (ObsColumn& column : columns_) {
    if (column.categorical()) {
      column.codes.resize(rows_, -1);
    } else {
      column.numbers.resize(rows_, std::numeric_limits<double>::quiet_NaN());
    }
  }
}

}  // namespace biodta::cells
