#pragma once
/// @file
/// The fixed map of embedding rows before the adapter. Rows of a DNA model are far from round (five principal
/// axes may hold 85 % of the variance), and an adapter that starts from raw rows hardly learns to tell genes
/// apart.

#include <biodta/model/config.hpp>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace biodta::model {

/// z = (x − mean) · P, with P fixed: nothing (identity), 1/sd on the diagonal, or diag(1/sd) · U / sqrt(λ +
/// shrinkage · mean λ), where λ and U are of the covariance of the standardised reference rows. Mean and P
/// are buffers, saved with the model, so donors' and mutants' rows go through the same map.
///
/// Variance is the population's (divided by the number of rows). A feature that is constant over the
/// reference rows is dropped (maps to 0). Each column of U is signed so that its largest entry is positive.
class InputMapLayerImpl : public torch::nn::Module {
 public:
  InputMapLayerImpl(InputMap kind, std::int64_t row_size, double shrinkage);

  /// Computes the map in float64. Throws Error for fewer than two rows or values that are not finite.
  /// @param rows_GE  float32 reference rows, each gene once.
  void fit(const torch::Tensor& rows_GE);
  /// Linear(z) for rows x, as one product: the map is folded into the weight, which is cheaper than mapping
  /// the rows wherever there are more rows than hidden units. Throws Error before fit() (or before a fitted
  /// map was loaded).
  /// @param rows_UE    float32 rows as they stand in the bank.
  /// @param weight_HE  the linear layer's weight.
  /// @return [U, H]
  torch::Tensor linear(const torch::Tensor& rows_UE, const torch::Tensor& weight_HE,
                       const torch::Tensor& bias_H);
  /// z itself, [U, E].
  torch::Tensor forward(const torch::Tensor& rows_UE);

 private:
  void require_fitted();
  torch::Tensor centred(const torch::Tensor& rows_UE) const;

  InputMap kind_;
  double shrinkage_;
  bool fitted_ = false;
  torch::Tensor mean_;        // [E] float64; undefined for kNone
  torch::Tensor scale_;       // [E], kStandardised
  torch::Tensor projection_;  // [E, E], kWhitened
};
TORCH_MODULE(InputMapLayer);

}  // namespace biodta::model
