#pragma once
/// @file
/// Which cells are worth keeping, and how many each rule dropped.

#include <biodta/cells/count_source.hpp>
#include <biodta/cells/obs_rules.hpp>
#include <biodta/support/options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace biodta::cells {

/// Bounds on a cell; both ends are kept. 0 turns all but min_genes and min_counts off.
struct QualityFilterOptions {
  std::vector<std::string> include;  ///< rules "column=glob|glob" that a cell must all satisfy; see ObsRule
  std::vector<std::string> exclude;  ///< rules of which a cell may satisfy none
  std::int64_t min_genes = 7;        ///< genes detected; Theodoris et al. 2023 keep cells with at least 7
  std::int64_t max_genes = 0;
  std::int64_t min_counts = 0;  ///< sum of all counts
  std::int64_t max_counts = 0;
  double max_mito_fraction = 0.0;  ///< share of the counts that are of mitochondrial genes
  /// Total counts and mitochondrial fraction may lie this many standard deviations from their means over the
  /// cells of the file; Theodoris et al. 2023 take 3.
  double standard_deviations = 0.0;

  bool needs_statistics() const noexcept { return standard_deviations > 0.0; }
  bool needs_mitochondrial() const noexcept { return needs_statistics() || max_mito_fraction > 0.0; }
};
void describe(support::OptionVisitor& visit, QualityFilterOptions& options);

/// What the rules look at, over all genes of the file, whether they are in a vocabulary or not.
struct CellQuality {
  std::uint64_t genes = 0;     ///< counts above zero
  double counts = 0.0;         ///< their sum
  double mitochondrial = 0.0;  ///< of these, counts of mitochondrial genes

  double mito_fraction() const noexcept { return counts > 0.0 ? mitochondrial / counts : 0.0; }
};
/// @param is_mitochondrial  [columns of the file], or none: then the mitochondrial counts are 0
CellQuality measure(std::span<const std::uint32_t> columns, std::span<const float> counts,
                    std::span<const std::uint8_t> is_mitochondrial = {});

/// Mean and (population) standard deviation of a quantity over the cells of a file.
class RunningMoments {
 public:
  void add(double value) noexcept;
  double mean() const noexcept { return mean_; }
  double standard_deviation() const noexcept;

 private:
  std::uint64_t count_ = 0;
  double mean_ = 0.0;
  double squares_ = 0.0;  // of the differences from the mean (Welford 1962)
};

/// What `standard_deviations` compares the cells of one file with. Added to in the order of the cells.
struct SourceStatistics {
  RunningMoments counts;
  RunningMoments mito_fraction;
  void add(const CellQuality& cell) noexcept {
    counts.add(cell.counts);
    mito_fraction.add(cell.mito_fraction());
  }
};

/// Judges cells and keeps the score. Not thread-safe.
class QualityFilter {
 public:
  /// Throws ConfigError for bounds that contradict each other and rules that cannot be read.
  explicit QualityFilter(const QualityFilterOptions& options);

  /// The rules on obs columns, in the order in which they are asked.
  const std::vector<ObsRule>& obs_rules() const noexcept { return obs_rules_; }
  /// Whether the cell is kept; if not, the first rule that it breaks is charged with it: those on obs
  /// columns, then min_genes, max_genes, min_counts, max_counts, max_mito_fraction, standard_deviations of
  /// the counts and of the mitochondrial fraction.
  /// @param statistics       of the cell's file; needed where options.needs_statistics()
  /// @param broken_obs_rule  what ObsSelection found; -1 = none
  bool keep(const CellQuality& cell, const SourceStatistics* statistics = nullptr,
            std::int32_t broken_obs_rule = -1);
  /// Names of the rules, in the order in which they are asked.
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Cells that each rule dropped, in the order of names().
  const std::vector<std::int64_t>& dropped() const noexcept { return dropped_; }
  std::uint64_t seen() const noexcept { return seen_; }
  std::uint64_t kept() const noexcept { return kept_; }

 private:
  std::optional<std::size_t> broken_rule(const CellQuality& cell, const SourceStatistics* statistics) const;

  QualityFilterOptions options_;
  std::vector<ObsRule> obs_rules_;
  std::vector<std::string> names_;
  std::vector<std::int64_t> dropped_;
  std::uint64_t seen_ = 0;
  std::uint64_t kept_ = 0;
};

}  // namespace biodta::cells
