#pragma once
/// @file
/// Dynamic loss scaling (Micikevicius et al. 2018, "Mixed Precision Training"). Internal to the room.

#include <torch/types.h>

#include <map>
#include <string>

namespace biodta::training {

/// The factor of the loss that keeps float16 gradients from becoming zero: halved when a step overflows,
/// doubled after 2,000 good steps in a row. It lives on the device; the host never waits for it but in
/// state(). Disabled, the factor is 1 and there is no state.
class LossScaler {
 public:
  static constexpr int kGrowthInterval = 2000;

  LossScaler(bool enabled, torch::Device device);
  bool enabled() const noexcept { return enabled_; }
  /// Whether begin() is still to be called.
  bool is_fresh() const noexcept { return enabled_ && !scale_.defined(); }
  /// Losses are sums over `count` (tokens of all ranks' micro-batches): begins at the power of two at or
  /// below 65536 / count, which is 65536 of a mean loss.
  void begin(double count);
  /// 0-dim float32; undefined when disabled.
  const torch::Tensor& scale() const noexcept { return scale_; }
  /// @param overflow  0-dim float32: 1 where the step's gradients were not finite, else 0.
  void update(torch::Tensor overflow);

  /// By name, for a checkpoint; empty when disabled or fresh. Waits for the device.
  std::map<std::string, double> state() const;
  /// Nothing in it = stay fresh.
  void load_state(const std::map<std::string, double>& state);

 private:
  bool enabled_;
  torch::Device device_;
  torch::Tensor scale_;
  torch::Tensor good_steps_;  // 0-dim int32
};

}  // namespace biodta::training
