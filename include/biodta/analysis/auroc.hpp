#pragma once
/// @file
/// Area under the ROC curve with its sampling error: DeLong, DeLong & Clarke-Pearson 1988 (Biometrics 44),
/// by midranks as Sun & Xu 2014 (IEEE Signal Processing Letters 21) compute it, in O(n log n) rather than
/// O(m n).
///
/// The error is that of drawing the scored items (here: genes) anew and independently. Genes that move
/// together make it larger than it is said here; see set_specificity.hpp for a P value that knows of that.

#include <cstddef>
#include <span>
#include <vector>

namespace biodta::analysis {

/// An AUROC with its interval.
struct Auroc {
  double value = 0.0;           ///< chance that a positive scores above a negative, ties half; NaN: no pair
  double standard_error = 0.0;  ///< DeLong's; NaN below two positives or two negatives
  /// On the logit scale (Qin & Hotilovac 2008), so that it stays within 0 and 1, and with Student's quantile
  /// (Satterthwaite's degrees of freedom), because gene sets are small: with 5 positives a true 0.5 is held
  /// in 95 % and not in the 88 % of value ± 1.96 standard errors; near 1 both fall short. Where DeLong's
  /// error is 0 or unknown (positives and negatives apart, or one positive), Newcombe's score interval
  /// (Statistics in Medicine 25, 2006, method 5), which has a width there too. NaN without a pair.
  double low = 0.0;
  double high = 0.0;
};

/// @param positive, negative  scores without NaN.
/// @param level  of the interval, in (0, 1).
Auroc auroc_with_interval(std::span<const double> positive, std::span<const double> negative,
                          double level = 0.95);

/// AUROCs of K scores given to the same items.
struct AurocSet {
  std::vector<double> values;      ///< [K]
  std::vector<double> covariance;  ///< [K * K] DeLong's; NaN below two positives or two negatives
};

/// @param positive  [K] of m scores each: one score's values over the positives, in one order for all.
/// @param negative  [K] of n scores each. Throws Error when lengths differ.
AurocSet delong(std::span<const std::vector<double>> positive, std::span<const std::vector<double>> negative);

/// Two scores of the same items against each other, for example two methods over the same genes.
struct AurocComparison {
  double difference = 0.0;      ///< first minus second
  double standard_error = 0.0;  ///< from DeLong's covariance; NaN as there
  double low = 0.0;             ///< 95 %, normal
  double high = 0.0;
  double p = 1.0;  ///< two-sided; 1 where both order the items alike, NaN where no error is known
};
/// @param first_positive, second_positive  the same positives in the same order; likewise the negatives.
AurocComparison compare_aurocs(std::span<const double> first_positive, std::span<const double> first_negative,
                               std::span<const double> second_positive,
                               std::span<const double> second_negative);

}  // namespace biodta::analysis
