#pragma once
/// @file
/// Cells in order, out of files that hold their values in another order: genes first (CSC, text tables), or
/// none (MatrixMarket).

#include <biodta/cells/count_source.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace biodta::cells {

/// Gives bands of cells. The file is scanned once to count every cell's values, and then once a band of at
/// most `max_values` values, so memory stays bounded without a copy of the file on the disk; a file of no
/// more values than that is scanned once altogether.
class ScatteredMatrix {
 public:
  /// Values of the matrix in any order; the three spans are equally long.
  struct Entries {
    std::span<const std::uint32_t> cells;
    std::span<const std::uint32_t> genes;
    std::span<const float> counts;
  };
  using Sink = std::function<void(const Entries&)>;
  /// Hands every value that is not zero to the sink, in batches and in the same order each time. Throws
  /// InputError for damage; cells are below the number that the matrix has.
  using Scan = std::function<void(const Sink&)>;

  /// What the first scan found.
  struct Survey {
    std::vector<std::uint32_t> values_of_cell;
    bool ascending = true;  ///< no value comes after one of a later cell
  };

  /// 2^24 values take 128 MiB, and 192 MiB more while the first scan goes on.
  static constexpr std::uint64_t kMaxValues = std::uint64_t{1} << 24;

  ScatteredMatrix(std::uint64_t cells, Scan scan, std::uint64_t max_values = kMaxValues);

  /// Cells [first, first + max_cells), or fewer (but at least one) where the band ends. Within a cell the
  /// values come in the order of the scan.
  void read(std::uint64_t first, std::uint64_t max_cells, CountBlock& block);

  /// Scans the file, unless that was done before.
  const Survey& survey();
  /// Whether all of the matrix is in memory, and no scan will follow.
  bool whole() const noexcept { return survey_ && band_.first == 0 && band_.end == cells_; }

 private:
  /// Cells [first, end) in CSR.
  struct Band {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint32_t> genes;
    std::vector<float> counts;
  };
  void load_band(std::uint64_t first, const Scan& scan);

  std::uint64_t cells_;
  Scan scan_;
  std::uint64_t max_values_;
  std::optional<Survey> survey_;  // empty until the first scan
  Band band_;
};

}  // namespace biodta::cells
