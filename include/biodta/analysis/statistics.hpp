#pragma once
/// @file
/// The statistics of an evaluation: Wilcoxon's rank-sum test, AUROC, Benjamini-Hochberg, running moments.
/// Numbers agree with SciPy's mannwhitneyu and false_discovery_control; conventions are SciPy's where a
/// choice exists.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace biodta::analysis {

/// Mean and standard deviation of a stream (Welford 1962): one pass, double, no cancellation.
class RunningMoments {
 public:
  void add(double value) noexcept;
  /// Joins another stream (Chan, Golub & LeVeque 1979).
  void merge(const RunningMoments& other) noexcept;
  std::uint64_t count() const noexcept { return count_; }
  /// NaN while nothing was added.
  double mean() const noexcept;
  /// Sample standard deviation (n - 1); NaN below two values.
  double standard_deviation() const noexcept;

 private:
  std::uint64_t count_ = 0;
  double mean_ = 0.0;
  double squares_ = 0.0;  // sum of squared deviations from the mean
};

/// Ranks 1 … n; equal values share the mean of their ranks.
std::vector<double> average_ranks(std::span<const double> values);

/// What the first sample is claimed to be, against the null of one distribution.
enum class Alternative {
  kTwoSided,
  kGreater,  ///< stochastically greater than the second
  kLess
};

enum class RankSumMethod {
  kAuto,   ///< exact when the smaller sample has at most 8 values and no value occurs twice, else asymptotic
  kExact,  ///< the permutation distribution of U; takes no account of ties
  kAsymptotic  ///< normal approximation with tie correction and continuity correction
};

struct RankSum {
  double u = 0.0;      ///< Mann-Whitney's U of the first sample
  double auroc = 0.0;  ///< u / (n1 n2): chance that a value of the first exceeds one of the second, ties half
  double p = 1.0;
  bool exact = false;  ///< which distribution p comes from
};

/// Wilcoxon's rank-sum test (Mann-Whitney U) of two samples without NaN. Either sample empty: u = 0, auroc
/// and p NaN. P values keep their relative accuracy down to the smallest double (2e-308, beyond which they
/// fade to 0), because tails are computed as such and never as 1 - p. O((n1 + n2) log(n1 + n2)), and for the
/// exact distribution O(n1 · U) operations on whole numbers.
RankSum rank_sum_test(std::span<const double> first, std::span<const double> second,
                      Alternative alternative = Alternative::kTwoSided,
                      RankSumMethod method = RankSumMethod::kAuto);

/// Benjamini & Hochberg 1995: adjusted P values in the order given. NaN entries stay NaN and count for
/// nothing.
std::vector<double> benjamini_hochberg(std::span<const double> p_values);

/// What a random set does: hits among `drawn` genes taken from `population` of which `marked` count as hits.
struct RandomHits {
  double expected = 0.0;  ///< drawn × marked / population, exactly
  double low = 0.0;       ///< the middle 95 % of the draws made
  double high = 0.0;
};
/// Draws `draws` random sets, seeded. Requires drawn <= population and marked <= population.
RandomHits random_hits(std::uint64_t population, std::uint64_t marked, std::uint64_t drawn,
                       std::uint64_t draws, std::uint64_t seed);

/// Linear interpolation between order statistics (R's type 7, NumPy's default). `sorted` ascending, not
/// empty.
double quantile(std::span<const double> sorted, double probability);

}  // namespace biodta::analysis
