#include "loss_scaler.hpp"

#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>

namespace biodta::training {
namespace {

constexpr double kInitialScale = 65536.0;
constexpr const char* kScaleName = "loss_scale";
constexpr const char* kGoodStepsName = "loss_scale_good_steps";

}  // namespace

LossScaler::LossScaler(bool enabled, torch::Device device) : enabled_(enabled), device_(device) {}

void LossScaler::begin(double count) {
  const double scale = std::exp2(std::floor(std::log2(kInitialScale / std::max(1.0, count))));
  load_state({{kScaleName, scale}, {kGoodStepsName, 0.0}});
}

void LossScaler::update(torch::Tensor overflow) {
  if (!enabled_) return;
  at::_amp_update_scale_(scale_, good_steps_, overflow, /*scale_growth_factor=*/2.0,
                         /*scale_backoff_factor=*/0.5, kGrowthInterval);
}

std::map<std::string, double> LossScaler::state() const {
  if (!enabled_ || is_fresh()) return {};
  return {{kScaleName, scale_.item<double>()}, {kGoodStepsName, good_steps_.item<double>()}};
}

void LossScaler::load_state(const std::map<std::string, double>& state) {
  const auto scale = state.find(kScaleName);
  const auto good_steps = state.find(kGoodStepsName);
  if (!enabled_ || scale == state.end() || good_steps == state.end()) return;
  const auto options = torch::TensorOptions().device(device_);
  scale_ = at::full({}, scale->second, options.dtype(torch::kFloat32));
  good_steps_ = at::full({}, good_steps->second, options.dtype(torch::kInt32));
}

}  // namespace biodta::training
