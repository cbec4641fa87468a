#pragma once
/// @file
/// One column of per-cell (or per-gene) metadata, read by range as categories, numbers or text.

#include "column_values.hpp"
#include "text_dictionary.hpp"

#include <biodta/cells/count_source.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace biodta::cells {

/// Memory holds the categories, or the distinct texts, and the range asked for. Ranges lie within rows().
/// Throws InputError for damage. Not thread-safe.
class ColumnReader {
 public:
  /// Numbers, truth values or text as they are stored; nothing for values of another kind.
  /// @param path  of the file, for messages. @param missing  not zero where a row has no value; may be null.
  static std::optional<ColumnReader> plain(std::filesystem::path path, ColumnValuesPointer values,
                                           ColumnValuesPointer missing = nullptr);
  /// Codes of categories, -1 where a row has no value.
  static ColumnReader coded(std::filesystem::path path, ColumnValuesPointer codes,
                            std::vector<std::string> categories);

  std::uint64_t rows() const { return values_->size(); }
  const std::string& place() const { return values_->place(); }
  bool is_number() const noexcept { return kind_ == Kind::kNumbers; }

  /// What the column is, but for its name. The first call scans a column of text.
  ObsField field() const;
  /// Throws Error for identifiers, which have no values.
  ObsValues read(std::uint64_t first, std::uint64_t count) const;
  /// The whole column, all its texts as categories however many they are; without its name.
  ObsColumn read_all() const;
  /// Each row as text; empty where it has no value.
  std::vector<std::string> texts(std::uint64_t first, std::uint64_t count) const;

 private:
  enum class Kind { kCodes, kTruths, kTexts, kNumbers };
  ColumnReader(std::filesystem::path path, Kind kind, ColumnValuesPointer values, ColumnValuesPointer missing,
               std::vector<std::string> categories);
  TextDictionary gather(const TextDictionary::Limits& limits) const;
  const TextDictionary& dictionary() const;
  std::vector<std::int32_t> codes(std::uint64_t first, std::uint64_t count) const;
  std::vector<std::int32_t> text_codes(std::uint64_t first, std::uint64_t count,
                                       const TextDictionary& dictionary) const;
  std::vector<double> numbers(std::uint64_t first, std::uint64_t count) const;
  std::vector<std::string> number_texts(std::uint64_t first, std::uint64_t count) const;
  /// Whether each row of a range has no value; empty where all have one.
  std::vector<bool> missing(std::uint64_t first, std::uint64_t count) const;

  std::filesystem::path path_;
  Kind kind_;
  ColumnValuesPointer values_;
  ColumnValuesPointer missing_;
  std::vector<std::string> categories_;  // of codes and truth values
  mutable std::optional<TextDictionary> dictionary_;
};

/// Categories are text; where a file has numbers or truth values for them, these are shown as text.
std::vector<std::string> category_names(const support::hdf5::Dataset& dataset, const std::string& place,
                                        const std::filesystem::path& path);

}  // namespace biodta::cells
