#pragma once
/// @file
/// AnnData's tables (obs, var) in HDF5: written in the encoding of anndata 0.8 and later; read in that and in
/// the ones of 0.7 (`__categories`) and before (a compound dataset).

#include "column_frame.hpp"

#include <biodta/cells/count_source.hpp>
#include <biodta/support/hdf5.hpp>

#include <filesystem>
#include <memory>
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

/// One table of a file, a group with one member a column. Throws InputError for what is no such table.
class DataFrame final : public ColumnFrame {
 public:
  /// @param path  of the file, for messages.
  DataFrame(std::filesystem::path path, support::hdf5::Group group);

 private:
  std::optional<ColumnReader> open_column(const std::string& name) const override;
  std::optional<ColumnReader> open_group(const std::string& name) const;
  std::optional<ColumnReader> open_dataset(const std::string& name) const;
  std::string place_of(const std::string& member) const { return group_.name() + "/" + member; }

  support::hdf5::Group group_;
};

/// One table of a file of anndata 0.6 or older: a compound dataset with a member a column. Columns are held
/// in memory whole. Throws InputError for what is no such table.
class CompoundFrame final : public ColumnFrame {
 public:
  /// @param name  of the table, for messages. @param categories  the group, if there is one, in which
  /// `<column>_categories` names what the integers of a column mean.
  CompoundFrame(std::filesystem::path path, support::hdf5::Dataset table, std::string name,
                std::optional<support::hdf5::Group> categories);

 private:
  std::optional<ColumnReader> open_column(const std::string& name) const override;

  support::hdf5::Dataset table_;
  std::string name_;
  std::optional<support::hdf5::Group> categories_;
};

/// A table of an AnnData file in whichever form it has. Throws InputError where there is none.
std::unique_ptr<ColumnFrame> open_frame(const support::hdf5::File& file, const std::string& name);

}  // namespace biodta::cells
