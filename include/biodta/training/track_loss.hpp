#pragma once
/// @file
/// Losses of predicted tracks. o is the prediction (positive), y what was measured (not negative); B windows,
/// N bins, T tracks.

#include <biodta/support/options.hpp>

#include <torch/types.h>

#include <string>

namespace biodta::training {

enum class TrackLoss {
  /// Σ o − y log o: the Poisson log-likelihood of every bin, its sign turned, without what does not depend on
  /// o (Avsec et al. 2021).
  kPoisson,
  /// How a track is spread over the bins, and how much of it there is, apart (Borzoi, Linder et al. 2025):
  /// over windows and tracks, Σ [ −Σ_n y_n log(o_n / O) + w (O − Y log O) ] with O = Σ_n o_n, Y = Σ_n y_n.
  /// With w = 1 this is kPoisson, since o_n = O · o_n / O; less lets the shape weigh more than the height.
  kPoissonMultinomial
};

struct TrackLossOptions {
  TrackLoss kind = TrackLoss::kPoisson;
  double total_weight = 0.2;  ///< w of kPoissonMultinomial
};
void describe(support::OptionVisitor& visit, TrackLossOptions& options);
/// "poisson", or "poisson_multinomial, total_weight 0.2".
std::string to_string(const TrackLossOptions& options);

/// Summed over everything, 0-dim. Normalised by B · N · T it is the mean of a bin.
torch::Tensor track_loss_sum(const torch::Tensor& output_BNT, const torch::Tensor& target_BNT,
                             const TrackLossOptions& options);

}  // namespace biodta::training
