#pragma once
/// @file
/// The entries of a MatrixMarket file, one by one.

#include <biodta/support/tsv.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace biodta::cells {

/// Reads `matrix coordinate integer|real general`, plain or gzip, from its begin to its end, and checks
/// everything that it says of itself.
class MtxReader {
 public:
  struct Entry {
    std::uint64_t row;     ///< from 1, as in the file
    std::uint64_t column;  ///< from 1
    float value;
  };

  /// Reads up to the size line. Throws InputError, naming the line, for anything but such a file.
  explicit MtxReader(const std::filesystem::path& path);
  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t columns() const noexcept { return columns_; }
  /// Where the numbers of rows and columns stand, for errors.
  const std::string& size_place() const noexcept { return size_place_; }
  /// @return false after the last. Throws InputError, naming the line, for an entry that is none or lies
  /// outside, and for more or fewer of them than the size line says.
  bool next(Entry& entry);

 private:
  void read_banner();
  void read_size();
  void parse(Entry& entry) const;
  bool finish() const;

  support::LineReader lines_;
  std::string line_;
  std::string size_place_;
  std::uint64_t rows_ = 0;
  std::uint64_t columns_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t read_ = 0;
};

}  // namespace biodta::cells
