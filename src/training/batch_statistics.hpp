#pragma once
/// @file
/// Running statistics of batch normalisation, which a forward pass changes. Internal to the room.

#include <torch/nn/module.h>
#include <torch/types.h>

#include <vector>

namespace biodta::training {

/// Takes back what a step did to the running means and variances of a module, without waiting for the device.
class BatchStatistics {
 public:
  explicit BatchStatistics(const torch::nn::Module& module);
  /// Before a step.
  void keep();
  /// After it: those kept where `skip` (0-dim float32) is 1.
  void restore_where(const torch::Tensor& skip);

 private:
  std::vector<torch::Tensor> running_;
  std::vector<torch::Tensor> kept_;
};

}  // namespace biodta::training
