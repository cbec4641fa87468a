#pragma once
/// @file
/// The loss of predicted expression over groups of donors, and the figures that say what was learned.

#include <biodta/training/task.hpp>

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace biodta::training {

/// For G genes, each in K donors, with x the predicted and y the measured log expression:
///
///     Σ_g Σ_k [ (x_gk − x̄_g) − (y_gk − ȳ_g) ]²  +  w K Σ_g (x̄_g + level − ȳ_g)²
///
/// The first term is about the differences between donors alone: a network cannot lower it by knowing which
/// genes are high, which differ many times more than donors do. The second holds the gene's mean. 0-dim,
/// summed; G K is its count.
/// @param level  measured minus predicted, on the whole: the two are in different units.
torch::Tensor donor_loss_sum(const torch::Tensor& predicted_GK, const torch::Tensor& measured_GK,
                             double level, double mean_weight);

/// Log expression of genes in donors.
struct DonorExpression {
  std::size_t donors = 0;
  std::vector<double> predicted;  ///< [genes, donors]
  std::vector<double> measured;   ///< [genes, donors]
};

/// Pearson correlation; NaN where either does not vary.
double pearson(std::span<const double> x, std::span<const double> y);
/// Of each gene over the donors; NaN where prediction or measurement does not vary.
std::vector<double> correlations_over_donors(const DonorExpression& expression);

/// Adds, with `.<set>` behind each name: "genes" (whose prediction and measurement vary over the donors),
/// "pearson_donors" and "median_donors" (mean and median over those genes of the correlation over donors),
/// and "pearson_genes" (correlation over all genes of the set, of the mean over donors).
/// @param genes  of the set, ascending; none adds nothing.
void add_donor_figures(const DonorExpression& expression, std::span<const std::uint32_t> genes,
                       std::string_view set, Metrics& metrics);

}  // namespace biodta::training
