#pragma once
/// @file
/// Which cells are worth keeping, and how many each rule dropped.

#include <biodta/support/options.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace biodta::cells {

/// Bounds on a cell; both ends are kept. 0 turns a maximum off.
struct QualityFilterOptions {
  std::int64_t min_genes = 7;  ///< genes detected; Theodoris et al. 2023 keep cells with at least 7
  std::int64_t max_genes = 0;
  std::int64_t min_counts = 0;  ///< sum of all counts
  std::int64_t max_counts = 0;
};
void describe(support::OptionVisitor& visit, QualityFilterOptions& options);

/// What the rules look at, over all genes of the file, whether they are in a vocabulary or not.
struct CellQuality {
  std::uint64_t genes = 0;  ///< counts above zero
  double counts = 0.0;      ///< their sum
};
CellQuality measure(std::span<const float> counts);

/// Judges cells and keeps the score. Not thread-safe.
class QualityFilter {
 public:
  explicit QualityFilter(const QualityFilterOptions& options);

  /// Whether the cell is kept; if not, the first rule that it breaks is charged with it.
  bool keep(const CellQuality& cell);
  /// Names of the rules, in the order in which they are asked: min_genes, max_genes, min_counts, max_counts.
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Cells that each rule dropped, in the order of names().
  const std::vector<std::int64_t>& dropped() const noexcept { return dropped_; }
  std::uint64_t seen() const noexcept { return seen_; }
  std::uint64_t kept() const noexcept { return kept_; }

 private:
  std::optional<std::size_t> broken_rule(const CellQuality& cell) const;

  QualityFilterOptions options_;
  std::vector<std::string> names_;
  std::vector<std::int64_t> dropped_;
  std::uint64_t seen_ = 0;
  std::uint64_t kept_ = 0;
};

}  // namespace biodta::cells
