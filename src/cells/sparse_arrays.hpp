#pragma once
/// @file
/// The arrays `data`, `indices` and `indptr` of a compressed sparse matrix in HDF5, checked while they are
/// read.

#include <biodta/support/hdf5.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells {

/// Lines are what `indptr` runs over: cells in CSR, genes in CSC. `indices` name places across the lines.
class SparseArrays {
 public:
  struct Form {
    std::uint64_t lines = 0;
    std::uint64_t across = 0;
    std::string_view lines_word = "cells";
    std::string_view across_word = "genes";
  };

  /// @param name  of the group, for messages. Throws InputError where the arrays do not fit each other.
  SparseArrays(std::filesystem::path path, const support::hdf5::Group& group, std::string name,
               const Form& form);

  const Form& form() const noexcept { return form_; }
  const std::filesystem::path& path() const noexcept { return path_; }
  const std::string& name() const noexcept { return name_; }
  std::uint64_t value_count() const noexcept { return values_; }

  /// Where each of the lines [first, first + count) begins among the values, and where the last one ends.
  std::vector<std::uint64_t> offsets(std::uint64_t first, std::uint64_t count) const;
  /// Places of the values from `begin` on, each below form().across.
  void read_indices(std::uint64_t begin, std::span<std::uint32_t> out) const;
  void read_values(std::uint64_t begin, std::span<float> out) const;

 private:
  [[noreturn]] void refuse_index(std::uint64_t at, std::int64_t index) const;

  std::filesystem::path path_;
  std::string name_;
  Form form_;
  std::uint64_t values_ = 0;
  support::hdf5::Dataset data_;
  support::hdf5::Dataset indices_;
  support::hdf5::Dataset indptr_;
};

}  // namespace biodta::cells
