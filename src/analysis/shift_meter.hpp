#pragma once
/// @file
/// Shifts of changed cells, batch by batch. Internal to the room.

#include "layer_runner.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/perturbation.hpp>

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace biodta::analysis {

/// One changed cell, measured.
struct MeasuredCell {
  std::uint32_t cell = 0;  ///< index in the corpus
  std::size_t perturbation = 0;
  std::span<const cells::TokenId> token;  ///< [P]
  std::span<const double> shift;          ///< [P]
  std::span<const char> perturbed;        ///< [P]
  double mean = 0.0;                      ///< over the genes that are not perturbed; NaN when there are none
  std::span<const double> states;         ///< [S] shift toward each; NaN likewise
};

/// Compares changed cells with the unchanged batch that they come from.
class ShiftMeter {
 public:
  using Visitor = std::function<void(const MeasuredCell&)>;
  /// @param states_SH  undefined = none.
  ShiftMeter(LayerRunner& runner, ShiftMeasure measure, const torch::Tensor& states_SH);

  /// @param unchanged  must outlive the calls until the next begin.
  void begin(const data::PackedBatch& unchanged);
  void measure(const PerturbedBatch& changed, const Visitor& visit);

 private:
  torch::Tensor states_before(const PerturbedBatch& changed);
  torch::Tensor pair_shifts(const torch::Tensor& before_PH, const torch::Tensor& after_PH) const;
  torch::Tensor state_shifts(const PerturbedBatch& changed, const torch::Tensor& before_PH,
                             const torch::Tensor& after_PH) const;

  LayerRunner& runner_;
  ShiftMeasure measure_;
  torch::Tensor states_SH_;  // float64, of length 1, on the device
  const data::PackedBatch* unchanged_ = nullptr;
  torch::Tensor unchanged_TH_;  // once for all perturbations, when first asked for
};

}  // namespace biodta::analysis
