#pragma once
/// @file
/// AnnData's sparse matrix in CSR, streamed from HDF5 and checked on the way.

#include <biodta/cells/count_source.hpp>
#include <biodta/support/hdf5.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::cells {

/// Reads consecutive rows. Holds nothing but the block asked for.
class CsrMatrix {
 public:
  /// @param name  of the matrix inside the file. Throws InputError, naming what was found, when there is no
  /// CSR matrix.
  CsrMatrix(const support::hdf5::File& file, std::string name);

  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t columns() const noexcept { return columns_; }
  const std::string& name() const noexcept { return name_; }

  /// Rows from `first` on: at most `max_rows`, and fewer (but at least one) where they hold more than
  /// `max_values` values. Throws InputError for structure that is damaged.
  void read(std::uint64_t first, std::uint64_t max_rows, std::uint64_t max_values, CountBlock& block) const;

 private:
  void read_offsets(std::uint64_t first, std::uint64_t max_rows, std::uint64_t max_values,
                    CountBlock& block) const;
  void read_genes(std::uint64_t begin, CountBlock& block) const;
  void read_counts(std::uint64_t begin, CountBlock& block) const;
  [[noreturn]] void refuse_column(std::uint64_t at, std::int64_t column) const;

  std::filesystem::path path_;
  std::string name_;
  std::uint64_t rows_ = 0;
  std::uint64_t columns_ = 0;
  std::uint64_t values_ = 0;
  support::hdf5::Dataset data_;
  support::hdf5::Dataset indices_;
  support::hdf5::Dataset indptr_;
};

}  // namespace biodta::cells
