#include <biodta/model/input_map.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/addmm.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <tuple>

namespace biodta::model {
namespace {

/// Below this share of its mean, a feature's deviation is rounding of float32.
constexpr double kConstant = 1e-6;

torch::Tensor inverse_deviation(const torch::Tensor& rows_GE, const torch::Tensor& mean_E) {
  const auto deviation_E = (rows_GE - mean_E).square().mean(0).sqrt();
  const auto varies_E = deviation_E > mean_E.abs() * kConstant;
  return at::where(varies_E, deviation_E.reciprocal(), at::zeros({}, deviation_E.options()));
}

/// U / sqrt(λ + shrinkage · mean λ) of the covariance of standardised rows.
torch::Tensor whitening(const torch::Tensor& standardised_GE, double shrinkage) {
  const auto covariance_EE = at::mm(standardised_GE.t(), standardised_GE) / standardised_GE.size(0);
  const auto [eigenvalue_E, axes_EE] = at::linalg_eigh(covariance_EE);
  const auto variance_E = eigenvalue_E.clamp_min(0);
  const auto largest_1E = axes_EE.gather(0, axes_EE.abs().argmax(0, /*keepdim=*/true));
  return axes_EE * largest_1E.sign() / (variance_E + shrinkage * variance_E.mean()).sqrt();
}

}  // namespace

InputMapLayerImpl::InputMapLayerImpl(InputMap kind, std::int64_t row_size, double shrinkage)
    : kind_(kind), shrinkage_(shrinkage) {
  if (kind_ == InputMap::kNone) return;
  // In float64: a feature's mean may be far larger than its deviation, by which its rounding would be
  // divided.
  mean_ = register_buffer("mean", at::zeros({row_size}, torch::kFloat64));
  if (kind_ == InputMap::kStandardised) scale_ = register_buffer("scale", at::zeros({row_size}));
  if (kind_ == InputMap::kWhitened) {
    projection_ = register_buffer("projection", at::zeros({row_size, row_size}));
  }
}

void InputMapLayerImpl::fit(const torch::Tensor& rows_GE) {
  if (kind_ == InputMap::kNone) return;
  const torch::NoGradGuard no_gradient;
  const auto x_GE = rows_GE.to(torch::kCPU, torch::kFloat64);
  if (x_GE.dim() != 2 || x_GE.size(0) < 2 || x_GE.size(1) != mean_.size(0)) {
    throw Error("the input map needs at least two reference rows of " + std::to_string(mean_.size(0)) +
                " values each");
  }
  if (!x_GE.isfinite().all().item<bool>()) throw Error("the reference rows hold values that are not finite");
  const auto mean_E = x_GE.mean(0);
  const auto scale_E = inverse_deviation(x_GE, mean_E);
  if (!scale_E.any().item<bool>())
    throw Error("all reference rows are equal, so no input map can tell genes apart");
  mean_.copy_(mean_E);
  if (kind_ == InputMap::kStandardised) scale_.copy_(scale_E);
  if (kind_ == InputMap::kWhitened) {
    projection_.copy_(scale_E.unsqueeze(1) * whitening((x_GE - mean_E) * scale_E, shrinkage_));
  }
  fitted_ = true;
}

void InputMapLayerImpl::require_fitted() {
  if (fitted_ || kind_ == InputMap::kNone) return;
  // Buffers may have been filled by loading a state; a fitted map is never all zero.
  fitted_ = (kind_ == InputMap::kStandardised ? scale_ : projection_).any().item<bool>();
  if (!fitted_) throw Error("the model's input map was used before it was computed from the reference rows");
}

torch::Tensor InputMapLayerImpl::centred(const torch::Tensor& rows_UE) const {
  return (rows_UE - mean_).to(rows_UE.scalar_type());
}

torch::Tensor InputMapLayerImpl::linear(const torch::Tensor& rows_UE, const torch::Tensor& weight_HE,
                                        const torch::Tensor& bias_H) {
  require_fitted();
  switch (kind_) {
    case InputMap::kNone:
      return at::addmm(bias_H, rows_UE, weight_HE.t());
    case InputMap::kStandardised:
      return at::addmm(bias_H, centred(rows_UE), (weight_HE * scale_).t());
    case InputMap::kWhitened:
      return at::addmm(bias_H, centred(rows_UE), at::mm(projection_, weight_HE.t()));
  }
  throw Error("unknown input map");
}

torch::Tensor InputMapLayerImpl::forward(const torch::Tensor& rows_UE) {
  require_fitted();
  switch (kind_) {
    case InputMap::kNone:
      return rows_UE;
    case InputMap::kStandardised:
      return (centred(rows_UE)) * scale_;
    case InputMap::kWhitened:
      return at::mm(centred(rows_UE), projection_);
  }
  throw Error("unknown input map");
}

}  // namespace biodta::model
