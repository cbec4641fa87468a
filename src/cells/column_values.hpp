#pragma once
/// @file
/// The stored values of one column of a table, read by range: a dataset of its own, or a member of a compound
/// dataset.

#include <biodta/support/hdf5.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace biodta::cells {

class ColumnValues {
 public:
  virtual ~ColumnValues() = default;
  /// Where they are, for messages: "/obs/type".
  virtual const std::string& place() const = 0;
  virtual support::hdf5::ElementType type() const = 0;
  virtual std::uint64_t size() const = 0;
  /// Of numbers and truth values (0 and 1); of [first, first + count), which lies within size().
  virtual std::vector<std::int64_t> integers(std::uint64_t first, std::uint64_t count) const = 0;
  virtual std::vector<double> numbers(std::uint64_t first, std::uint64_t count) const = 0;
  /// Of text.
  virtual std::vector<std::string> texts(std::uint64_t first, std::uint64_t count) const = 0;
};

using ColumnValuesPointer = std::shared_ptr<const ColumnValues>;

/// A dataset of one value a row; nullptr for one of another number of dimensions.
ColumnValuesPointer dataset_values(support::hdf5::Dataset dataset, std::string place);
/// A member of a compound dataset; held in memory whole from its first use on.
ColumnValuesPointer member_values(support::hdf5::Dataset table, std::string member, std::string place);

}  // namespace biodta::cells
