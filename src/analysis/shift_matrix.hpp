#pragma once
/// @file
/// Tables of shifts side by side: genes by perturbations, without what a gene always does and without how
/// strong a perturbation is.

#include <biodta/analysis/specific_shift.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace biodta::analysis {

/// y[x, i] - t[i] of specific_shift.hpp; the levels t are fitted over all tables, none of them apart, so that
/// exchanging tables exchanges results.
class ShiftMatrix {
 public:
  ShiftMatrix(const GeneRanking& gene, std::span<const GeneRanking> controls,
              const SpecificShiftOptions& options);

  std::size_t tables() const noexcept { return levelled_.size(); }
  const std::vector<cells::TokenId>& tokens() const noexcept { return tokens_; }  ///< ascending
  /// Other tables that must have a gene for it to be scored.
  std::size_t least_tables() const noexcept { return least_; }
  /// [genes] of a table; NaN where it does not have the gene.
  const std::vector<double>& levelled(std::size_t table) const { return levelled_[table]; }
  /// [genes] each gene's value less its mean in all other tables; NaN where the table does not have it or too
  /// few others do.
  std::vector<double> specific(std::size_t table) const;

  /// A gene's values over the tables that have it.
  struct GeneTotal {
    double sum = 0.0;
    std::size_t tables = 0;
  };

 private:
  void read(const GeneRanking& ranking, ShiftScale scale);
  void level();

  std::vector<cells::TokenId> tokens_;
  std::vector<std::vector<double>> levelled_;  // [tables][genes]
  std::vector<GeneTotal> totals_;              // [genes]
  std::size_t least_ = 2;
};

}  // namespace biodta::analysis
