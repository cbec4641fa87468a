#include "measurement_table.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <unordered_set>

namespace biodta::pipeline {
namespace {

/// The whole field as a number; NaN where it is none.
float parse_measurement(std::string_view field) {
  float value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc() && end == field.data() + field.size() ? value
                                                                    : std::numeric_limits<float>::quiet_NaN();
}

class MeasurementReader {
 public:
  MeasurementReader(const std::filesystem::path& path, std::string_view row, std::string_view column)
      : lines_(path), row_(row), column_(column) {}

  MeasurementTable read() {
    std::string line;
    if (!lines_.next(line)) throw InputError(lines_.path(), "", "nothing", "a header and rows");
    read_header(line);
    while (lines_.next(line)) {
      if (!line.empty()) read_row(line);
    }
    if (table_.rows.empty()) throw InputError(lines_.path(), "", "a header only", "at least one " + row_);
    return std::move(table_);
  }

 private:
  void read_header(std::string_view line) {
    const auto fields = support::split(line, '\t');
    for (std::size_t i = 1; i < fields.size(); ++i) {
      table_.columns.emplace_back(fields[i]);
      require_new(table_.columns.back(), column_, seen_columns_);
    }
    if (table_.columns.empty())
      throw InputError(lines_.path(), lines_.place(), "one column", "at least one " + column_ + " besides");
  }

  void read_row(std::string_view line) {
    const auto fields = support::split(line, '\t');
    if (fields.size() != table_.columns.size() + 1) {
      throw InputError(lines_.path(), lines_.place(), std::to_string(fields.size()) + " fields",
                       std::to_string(table_.columns.size() + 1) + " as in the header");
    }
    table_.rows.emplace_back(fields[0]);
    require_new(table_.rows.back(), row_, seen_rows_);
    for (std::size_t i = 1; i < fields.size(); ++i) {
      const float value = parse_measurement(fields[i]);
      if (!(std::isfinite(value) && value >= 0)) {
        throw InputError(lines_.path(),
                         lines_.place() + ", " + row_ + " " + table_.rows.back() + ", " + column_ + " " +
                             table_.columns[i - 1],
                         "\"" + std::string(fields[i]) + "\"", "a finite number of 0 or more");
      }
      table_.values.push_back(value);
    }
  }

  void require_new(const std::string& name, const std::string& what,
                   std::unordered_set<std::string>& seen) const {
    if (name.empty()) throw InputError(lines_.path(), lines_.place(), "a " + what + " without a name", "one");
    if (!seen.insert(name).second)
      throw InputError(lines_.path(), lines_.place(), what + " " + name + " again", "each once");
  }

  support::LineReader lines_;
  std::string row_;
  std::string column_;
  MeasurementTable table_;
  std::unordered_set<std::string> seen_rows_;
  std::unordered_set<std::string> seen_columns_;
};

}  // namespace

MeasurementTable read_measurements(const std::filesystem::path& path, std::string_view row,
                                   std::string_view column) {
  return MeasurementReader(path, row, column).read();
}

}  // namespace biodta::pipeline
