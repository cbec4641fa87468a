#pragma once
/// @file
/// Metadata of cells from several files, as one table.

#include <biodta/cells/count_source.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace biodta::cells {

/// The columns of several files united by name: known before the first cell is written, so that shards of one
/// job have the same columns and codes. Categories are united in the order in which they first appear; a
/// column that is numbers in one file and categories in another becomes categories.
class ObsSchema {
 public:
  /// @param keep  names of the columns wanted; "*" = every one that is not of identifiers
  explicit ObsSchema(std::vector<std::string> keep = {"*"});

  /// Adds the columns of a file. Throws InputError where a column that was asked for by name holds
  /// identifiers.
  /// @param path  of the file, for messages
  void add(std::span<const ObsField> fields, const std::filesystem::path& path);
  /// Columns that are numbers in one file and categories in another. Their numbers must be given to
  /// add_numbers, of every file again and in the same order, before anything is joined.
  std::vector<std::string> mixed() const;
  void add_numbers(std::string_view column, std::span<const double> numbers);
  /// The same for every mixed column of a file, read in pieces.
  /// @param rows  of the file
  /// @param read  values of a field for the rows [first, first + count)
  using ReadRange = std::function<ObsValues(std::size_t field, std::uint64_t first, std::uint64_t count)>;
  void add_mixed_numbers(std::span<const ObsField> fields, std::uint64_t rows, const ReadRange& read);
  /// Whether a file's column is one that is wanted.
  bool keeps(const ObsField& field) const;
  /// Every column asked for must have been in some file. Throws ConfigError otherwise.
  void require_kept() const;

  /// In the order in which they first appeared.
  const std::vector<ObsField>& fields() const noexcept { return fields_; }

 private:
  struct Codes {
    bool numbers = false;  // in some file
    std::unordered_map<std::string, std::int32_t> of_category;
  };
  void add_category(std::size_t field, const std::string& category);

  std::vector<std::string> keep_;
  std::vector<ObsField> fields_;
  std::vector<Codes> codes_;
  std::vector<std::string> met_;  // every column of every file, for messages
  friend class ObsJoin;
};

/// One file's columns seen through a schema.
class ObsJoin {
 public:
  /// Values of the file's column `field`, for rows that the caller has in mind.
  using Read = std::function<ObsValues(std::size_t field)>;

  /// @param schema  must outlive this, and have been given the file's columns
  ObsJoin(const ObsSchema& schema, std::span<const ObsField> fields);
  /// The file's columns that `read` is asked for.
  std::vector<std::size_t> fields() const;
  /// Values of every column of the schema, missing ones where the file has no such column.
  /// @param rows  how many values `read` gives
  std::vector<ObsValues> read(std::size_t rows, const Read& read) const;

 private:
  struct Column {
    std::size_t field;  // of the file; kNone = missing
    std::vector<std::int32_t> recode;
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  ObsValues convert(std::size_t column, ObsValues values) const;

  const ObsSchema& schema_;
  std::vector<Column> columns_;
};

}  // namespace biodta::cells
