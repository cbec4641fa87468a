#pragma once
/// @file
/// Autocast that cannot be left on.

#include <torch/types.h>

#include <optional>

namespace biodta::model {

/// Autocast to a type on a device for the guard's life; restores what was before, also after an exception.
class AutocastGuard {
 public:
  /// @param type  what to compute in; nothing = no autocast.
  AutocastGuard(std::optional<torch::ScalarType> type, torch::Device device);
  ~AutocastGuard();
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  torch::DeviceType device_;
  bool enabled_;
  bool was_enabled_ = false;
  torch::ScalarType was_type_ = torch::kFloat32;
};

}  // namespace biodta::model
