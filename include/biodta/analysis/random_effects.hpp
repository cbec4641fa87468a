#pragma once
/// @file
/// One effect from several groups of cells (donors, regions) that differ from each other: DerSimonian & Laird
/// 1986 (Controlled Clinical Trials 7), for groups whose errors may be correlated.

#include <cstddef>
#include <span>

namespace biodta::analysis {

/// The mean over groups like those seen, and how much groups differ.
struct RandomEffects {
  std::size_t groups = 0;
  double estimate = 0.0;
  double standard_error = 0.0;
  double low = 0.0;  ///< 95 %, normal
  double high = 0.0;
  double p = 1.0;            ///< two-sided, of the estimate against 0
  double tau_squared = 0.0;  ///< variance between groups
  double q = 0.0;            ///< Cochran's
  double i_squared = 0.0;    ///< share of q above what errors within groups give, in [0, 1]
  double heterogeneity_p = 1.0;
};

/// Groups with errors of their own: DerSimonian & Laird as published.
/// @param variances  > 0, else Error. Two groups at least, else Error.
RandomEffects random_effects(std::span<const double> effects, std::span<const double> variances);

/// Groups with errors in common, for example AUROCs of the same genes in each donor. The same weights, with
/// the moments of q and the variance of the estimate taken from the whole covariance: with a diagonal one it
/// is the above. Correlated errors make the estimate less certain and differences between groups more so; the
/// heterogeneity's P is that of q as a scaled chi² of two matched moments.
/// @param covariance  [groups * groups], diagonal > 0.
RandomEffects random_effects_of_correlated(std::span<const double> effects,
                                           std::span<const double> covariance);

}  // namespace biodta::analysis
