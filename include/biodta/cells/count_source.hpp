#pragma once
/// @file
/// Raw counts, streamed in blocks of cells.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace biodta::cells {

/// Consecutive cells in CSR: cell i's counts are [offsets[i], offsets[i + 1]) of `genes` (column index into
/// CountSource::gene_ids, ascending within a cell not guaranteed) and `counts`.
struct CountBlock {
  std::uint64_t first_cell = 0;
  std::vector<std::uint64_t> offsets = {0};
  std::vector<std::uint32_t> genes;
  std::vector<float> counts;
  std::size_t cell_count() const noexcept { return offsets.size() - 1; }
};

/// A column of per-cell metadata: categories (text), or numbers.
struct ObsColumn {
  std::string name;
  std::vector<std::int32_t> codes;      ///< categorical: index into categories, -1 = missing
  std::vector<std::string> categories;  ///< empty when numeric
  std::vector<double> numbers;          ///< numeric: one a cell, NaN = missing
  bool categorical() const noexcept { return !codes.empty() || !categories.empty(); }
};

/// One file or folder of counts. Memory stays bounded whatever its size. Not thread-safe.
class CountSource {
 public:
  virtual ~CountSource() = default;
  virtual const std::filesystem::path& path() const = 0;
  virtual std::uint64_t cell_count() const = 0;
  /// Gene id of each column, as the file has it.
  virtual const std::vector<std::string>& gene_ids() const = 0;
  /// Gene symbol of each column; empty when the file names none.
  virtual std::vector<std::string> gene_symbols() const { return {}; }
  /// Which matrix of the file is read, in the file's own words ("X", "raw/X").
  virtual std::string matrix_name() const = 0;
  virtual std::vector<std::string> cell_ids() const = 0;
  /// Names of the obs columns that the file has.
  virtual std::vector<std::string> obs_names() const = 0;
  /// Every column that is text, categories, numbers or truth values.
  virtual std::vector<ObsColumn> obs() const = 0;
  /// The next block, of at most `max_cells` cells (fewer where they hold very many counts); false at the end.
  /// Throws InputError where the file is damaged or the values cannot be raw counts (negative, NaN, not
  /// whole), naming the first offending value.
  virtual bool next(CountBlock& block, std::size_t max_cells) = 0;
  virtual void rewind() = 0;
};

/// Which matrix of a file holds the raw counts.
enum class CountMatrix { kAuto, kX, kRawX };

/// Largest count that is read: up to here a float32 holds every whole number.
inline constexpr float kLargestCount = 16'777'216.0F;

/// Opens a count file by its content. Throws InputError when it is none that is known, or has no such matrix.
/// kAuto takes raw/X when the file has it, else X.
std::unique_ptr<CountSource> open_counts(const std::filesystem::path& path,
                                         CountMatrix matrix = CountMatrix::kAuto);

}  // namespace biodta::cells
