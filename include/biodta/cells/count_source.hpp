#pragma once
/// @file
/// Raw counts, streamed in blocks of cells out of whatever file people have.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
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

/// What a column of per-cell metadata is, without its values.
struct ObsField {
  std::string name;
  bool categorical = false;             ///< else numeric
  std::vector<std::string> categories;  ///< of a categorical column
  /// Text of which most values are different, such as barcodes: no category, and it has no values to read.
  bool identifiers = false;
  bool operator==(const ObsField&) const = default;
};

/// Values of one column for some cells in a row.
struct ObsValues {
  std::vector<std::int32_t>
      codes;                    ///< of a categorical column: index into ObsField::categories, -1 = missing
  std::vector<double> numbers;  ///< of a numeric column; NaN = missing
};

/// A whole column of per-cell metadata: categories (text), or numbers.
struct ObsColumn {
  std::string name;
  std::vector<std::int32_t> codes;      ///< categorical: index into categories, -1 = missing
  std::vector<std::string> categories;  ///< empty when numeric
  std::vector<double> numbers;          ///< numeric: one a cell, NaN = missing
  bool categorical() const noexcept { return !codes.empty() || !categories.empty(); }
  /// The column without its values, and these alone, as what is written in pieces wants them.
  ObsField field() const { return {name, categorical(), categories, false}; }
  ObsValues values() const { return {codes, numbers}; }
};

/// Which values a matrix may hold.
enum class CountValues {
  kWhole,        ///< raw counts: whole numbers from 0 to kLargestCount
  kNotNegative,  ///< estimated counts: also fractions (as salmon, kallisto and RSEM give them)
  kAny           ///< whatever is there, but NaN and infinities: to look at a file, never to encode it
};

/// Largest count that is read: up to here a float32 holds every whole number.
inline constexpr float kLargestCount = 16'777'215.0F;

struct CountSourceOptions {
  /// Which matrix holds the raw counts. "auto" takes raw/X where an .h5ad has it, else X; the only genome, or
  /// the human one, of a 10x .h5 of version 2; the main matrix of every other kind.
  std::string matrix = "auto";
  CountValues values = CountValues::kWhole;
};

/// One file or folder of counts. Memory stays bounded whatever its size. Not thread-safe.
class CountSource {
 public:
  virtual ~CountSource() = default;
  virtual const std::filesystem::path& path() const = 0;
  /// The files that it is read from: itself, but for an mtx folder.
  virtual std::vector<std::filesystem::path> files() const { return {path()}; }
  /// What kind of file it is, for people: "AnnData .h5ad", "10x .h5 (version 3)", ….
  virtual std::string format() const = 0;
  virtual std::uint64_t cell_count() const = 0;
  /// Gene id of each column, as the file has it.
  virtual const std::vector<std::string>& gene_ids() const = 0;
  /// Gene symbol of each column; empty when the file names none.
  virtual std::vector<std::string> gene_symbols() const { return {}; }
  /// Which matrix of the file is read, in the file's own words ("X", "raw/X", "layers/counts").
  virtual std::string matrix_name() const = 0;
  /// Every matrix that CountSourceOptions::matrix could name.
  virtual std::vector<std::string> matrix_names() const { return {matrix_name()}; }
  /// Names of the cells [first, first + count).
  virtual std::vector<std::string> cell_ids(std::uint64_t first, std::uint64_t count) const = 0;
  /// Every column of per-cell metadata that is text, categories, numbers or truth values.
  virtual const std::vector<ObsField>& obs_fields() const;
  /// Values of obs_fields()[field] for the cells [first, first + count).
  virtual ObsValues read_obs(std::size_t field, std::uint64_t first, std::uint64_t count) const;

  /// The next block, of at most `max_cells` cells (fewer where they hold very many counts); false at the end.
  /// Throws InputError where the file is damaged or holds values that CountSourceOptions::values forbids,
  /// naming the first of them.
  bool next(CountBlock& block, std::size_t max_cells);
  /// The cell that next() begins with; at most cell_count().
  void seek(std::uint64_t cell);
  void rewind() { seek(0); }

 protected:
  explicit CountSource(CountValues values) : values_(values) {}
  /// Fills `block` with the cells from `first` on: at least one, at most `max_cells`, and no more than memory
  /// allows. Checks the structure, not the values. Called for ascending cells but after seek().
  virtual void read_cells(std::uint64_t first, std::uint64_t max_cells, CountBlock& block) = 0;

 private:
  void check_values(const CountBlock& block) const;

  CountValues values_;
  std::uint64_t next_cell_ = 0;
};

/// Opens a count file by its content, or a folder of 10x mtx files: AnnData .h5ad, 10x .h5, 10x mtx, loom, or
/// a text table of genes x cells. Throws InputError when it is none of these, or has no such matrix.
std::unique_ptr<CountSource> open_counts(const std::filesystem::path& path,
                                         const CountSourceOptions& options = {});

/// The count files that an input of a program means: a file, or a folder of 10x mtx files, is itself; any
/// other folder is the .h5ad, .h5 and .loom files and the mtx folders right inside it, sorted by name. Throws
/// InputError for a folder without any, or one that cannot be read; a missing path is left to open_counts.
std::vector<std::filesystem::path> find_count_files(const std::filesystem::path& path);

}  // namespace biodta::cells
