#pragma once
/// @file
/// AnnData's tables (obs, var) in HDF5: written in the encoding of anndata 0.8 and later; read in that and in
/// the one of 0.7 (`__categories`).

#include <biodta/cells/count_source.hpp>
#include <biodta/support/hdf5.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells {

/// Makes the group `name` with the index and one member a column. Each column has one value a row.
support::hdf5::Group write_frame(support::hdf5::Group& parent, std::string_view name,
                                 std::span<const std::string> index, std::span<const ObsColumn> columns);

/// Writes such a group row by row.
class FrameWriter {
 public:
  /// @param chunk_rows  rows a chunk: all of them where their number is known and small
  FrameWriter(support::hdf5::Group& parent, std::string_view name, std::span<const ObsField> fields,
              std::uint64_t chunk_rows);
  /// @param columns  one for each field, with as many values as the index
  void append(std::span<const std::string> index, std::span<const ObsValues> columns);
  const support::hdf5::Group& group() const noexcept { return group_; }

 private:
  struct Column {
    std::string name;
    bool categorical;
    support::hdf5::Dataset values;
  };
  support::hdf5::Group group_;
  support::hdf5::Dataset index_;
  std::vector<Column> columns_;
};

/// One table of a file. Throws InputError for what is no such table.
class DataFrame {
 public:
  /// @param path  of the file, for messages.
  DataFrame(std::filesystem::path path, support::hdf5::Group group);

  /// Row names.
  std::vector<std::string> index() const;
  /// Names of the columns in their order, the index left out.
  const std::vector<std::string>& columns() const noexcept { return columns_; }
  bool has_column(std::string_view name) const;
  /// A column as categories or numbers; nothing when it is of a kind that is neither.
  std::optional<ObsColumn> column(std::string_view name) const;
  /// A column as text, one a row; nothing when it is missing or holds no text.
  std::optional<std::vector<std::string>> text_column(std::string_view name) const;

 private:
  std::optional<ObsColumn> group_column(const support::hdf5::Group& member) const;
  /// Checks that every code names a category or is -1.
  ObsColumn categorical(const support::hdf5::Dataset& codes, std::vector<std::string> categories,
                        std::string_view name) const;
  std::optional<ObsColumn> dataset_column(std::string_view name, const support::hdf5::Dataset& member) const;

  std::filesystem::path path_;
  support::hdf5::Group group_;
  std::string index_name_;
  std::vector<std::string> columns_;
};

}  // namespace biodta::cells
