#pragma once
/// @file
/// Variances of many genes, each from few values, drawn toward what all genes have in common: the empirical
/// Bayes of limma (Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3), whose t has
/// more degrees of freedom than the gene's own values give it.

#include <span>
#include <vector>

namespace biodta::analysis {

/// The prior of the genes' variances: prior_variance × prior_freedom / chi² with prior_freedom degrees.
struct ModeratedVariance {
  double prior_freedom = 0.0;     ///< 0: no moderation; infinite: all genes share one variance
  double prior_variance = 0.0;    ///< NaN where prior_freedom is 0
  std::vector<double> variances;  ///< [genes] (d0 s0² + d s²) / (d0 + d); NaN where the gene has no freedom
  std::vector<double> freedom;    ///< [genes] of a moderated t: d0 + d, at most the sum of all d
};

/// @param variances  [genes] sample variances, >= 0; NaN allowed where freedom is 0.
/// @param freedom    [genes] their degrees of freedom d, >= 0.
/// The prior is fitted by moments of the log variances, as limma's fitFDist does (variances below 1e-5 of the
/// median raised to that). Below three genes with freedom nothing is moderated. Throws Error when lengths
/// differ.
ModeratedVariance moderate_variances(std::span<const double> variances, std::span<const double> freedom);

}  // namespace biodta::analysis
