#include "column_reader.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace biodta::cells {
namespace {

namespace hdf5 = support::hdf5;
using hdf5::ElementType;

constexpr std::uint64_t kRowsAtOnce = std::uint64_t{1} << 16;

bool is_integer_type(ElementType type) {
  return type != ElementType::kString && type != ElementType::kOther && type != ElementType::kBool &&
         !hdf5::is_floating(type);
}

const std::vector<std::string>& truth_names() {
  static const std::vector<std::string> kNames = {"False", "True"};
  return kNames;
}

}  // namespace

ColumnReader::ColumnReader(std::filesystem::path path, Kind kind, ColumnValuesPointer values,
                           ColumnValuesPointer missing, std::vector<std::string> categories)
    : path_(std::move(path)),
      kind_(kind),
      values_(std::move(values)),
      missing_(std::move(missing)),
      categories_(std::move(categories)) {
  if (missing_ && missing_->size() != rows()) {
    throw InputError(path_, missing_->place(), std::to_string(missing_->size()) + " rows",
                     std::to_string(rows()));
  }
}

std::optional<ColumnReader> ColumnReader::plain(std::filesystem::path path, ColumnValuesPointer values,
                                                ColumnValuesPointer missing) {
  if (!values) return std::nullopt;
  switch (values->type()) {
    case ElementType::kString:
      return ColumnReader(std::move(path), Kind::kTexts, std::move(values), std::move(missing), {});
    case ElementType::kBool:
      return ColumnReader(std::move(path), Kind::kTruths, std::move(values), std::move(missing),
                          truth_names());
    case ElementType::kOther:
      return std::nullopt;
    default:
      return ColumnReader(std::move(path), Kind::kNumbers, std::move(values), std::move(missing), {});
  }
}

ColumnReader ColumnReader::coded(std::filesystem::path path, ColumnValuesPointer codes,
                                 std::vector<std::string> categories) {
  if (!is_integer_type(codes->type())) {
    throw InputError(path, codes->place(), "values that are no integers", "codes of categories");
  }
  return ColumnReader(std::move(path), Kind::kCodes, std::move(codes), nullptr, std::move(categories));
}

std::vector<bool> ColumnReader::missing(std::uint64_t first, std::uint64_t count) const {
  if (!missing_) return {};
  const std::vector<std::int64_t> marks = missing_->integers(first, count);
  std::vector<bool> result(marks.size());
  std::transform(marks.begin(), marks.end(), result.begin(), [](std::int64_t mark) { return mark != 0; });
  return result;
}

TextDictionary ColumnReader::gather(const TextDictionary::Limits& limits) const {
  TextDictionary dictionary(rows(), limits);
  bool go_on = true;
  for (std::uint64_t first = 0; go_on && first < rows(); first += kRowsAtOnce) {
    const std::uint64_t count = std::min(kRowsAtOnce, rows() - first);
    const std::vector<std::string> texts = values_->texts(first, count);
    const std::vector<bool> without = missing(first, count);
    for (std::size_t i = 0; go_on && i < texts.size(); ++i) {
      if (without.empty() || !without[i]) go_on = dictionary.add(texts[i]);
    }
  }
  dictionary.finish();
  return dictionary;
}

const TextDictionary& ColumnReader::dictionary() const {
  if (!dictionary_) dictionary_ = gather({});
  return *dictionary_;
}

ObsField ColumnReader::field() const {
  ObsField field;
  field.categorical = kind_ != Kind::kNumbers;
  field.categories = categories_;
  if (kind_ == Kind::kTexts) {
    field.identifiers = dictionary().identifiers();
    field.categorical = !field.identifiers;
    field.categories = dictionary().categories();
  }
  return field;
}

std::vector<std::int32_t> ColumnReader::codes(std::uint64_t first, std::uint64_t count) const {
  const std::vector<std::int64_t> stored = values_->integers(first, count);
  const std::vector<bool> without = missing(first, count);
  const auto categories = static_cast<std::int64_t>(categories_.size());
  std::vector<std::int32_t> result(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    // Truth values count as codes of two categories.
    if (stored[i] < -1 || stored[i] >= categories) {
      throw InputError(path_, place() + ": row " + std::to_string(first + i),
                       "code " + std::to_string(stored[i]), "-1 to " + std::to_string(categories - 1));
    }
    result[i] = without.empty() || !without[i] ? static_cast<std::int32_t>(stored[i]) : -1;
  }
  return result;
}

std::vector<std::int32_t> ColumnReader::text_codes(std::uint64_t first, std::uint64_t count,
                                                   const TextDictionary& dictionary) const {
  const std::vector<std::string> texts = values_->texts(first, count);
  const std::vector<bool> without = missing(first, count);
  std::vector<std::int32_t> result(texts.size(), -1);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (without.empty() || !without[i]) result[i] = dictionary.code_of(texts[i]);
  }
  return result;
}

std::vector<double> ColumnReader::numbers(std::uint64_t first, std::uint64_t count) const {
  std::vector<double> result = values_->numbers(first, count);
  const std::vector<bool> without = missing(first, count);
  for (std::size_t i = 0; i < without.size(); ++i) {
    if (without[i]) result[i] = std::numeric_limits<double>::quiet_NaN();
  }
  return result;
}

ObsValues ColumnReader::read(std::uint64_t first, std::uint64_t count) const {
  if (kind_ == Kind::kNumbers) return {{}, numbers(first, count)};
  if (kind_ != Kind::kTexts) return {codes(first, count), {}};
  if (dictionary().identifiers())
    throw Error(path_.string() + ": " + place() + ": identifiers have no values");
  return {text_codes(first, count, dictionary()), {}};
}

ObsColumn ColumnReader::read_all() const {
  ObsColumn column;
  column.categories = categories_;
  if (kind_ == Kind::kTexts) {
    const TextDictionary all = gather(TextDictionary::no_limits());
    column.categories = all.categories();
    column.codes = text_codes(0, rows(), all);
    return column;
  }
  ObsValues values = read(0, rows());
  column.codes = std::move(values.codes);
  column.numbers = std::move(values.numbers);
  return column;
}

std::vector<std::string> ColumnReader::number_texts(std::uint64_t first, std::uint64_t count) const {
  const std::vector<bool> without = missing(first, count);
  std::vector<std::string> result;
  result.reserve(count);
  if (hdf5::is_floating(values_->type())) {
    for (const double value : values_->numbers(first, count)) result.push_back(support::format_double(value));
  } else {
    for (const std::int64_t value : values_->integers(first, count)) result.push_back(std::to_string(value));
  }
  for (std::size_t i = 0; i < without.size(); ++i) {
    if (without[i]) result[i].clear();
  }
  return result;
}

std::vector<std::string> ColumnReader::texts(std::uint64_t first, std::uint64_t count) const {
  if (kind_ == Kind::kNumbers) return number_texts(first, count);
  if (kind_ == Kind::kTexts) {
    std::vector<std::string> result = values_->texts(first, count);
    const std::vector<bool> without = missing(first, count);
    for (std::size_t i = 0; i < without.size(); ++i) {
      if (without[i]) result[i].clear();
    }
    return result;
  }
  std::vector<std::string> result;
  result.reserve(count);
  for (const std::int32_t code : codes(first, count)) {
    result.push_back(code < 0 ? std::string() : categories_[static_cast<std::size_t>(code)]);
  }
  return result;
}

std::vector<std::string> category_names(const hdf5::Dataset& dataset, const std::string& place,
                                        const std::filesystem::path& path) {
  // anndata before 0.7 wrote an only category as a single value.
  if (dataset.shape().empty() && dataset.type() == ElementType::kString) return dataset.read_strings();
  const auto reader = ColumnReader::plain(path, dataset_values(dataset, place));
  if (!reader) throw InputError(path, place, "values of another kind", "the names of categories");
  return reader->texts(0, reader->rows());
}

}  // namespace biodta::cells
