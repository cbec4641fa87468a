#pragma once
/// @file
/// Gradients averaged over the ranks while backward still runs (c10d::Reducer, the engine of PyTorch's DDP).

#include <biodta/distributed/communicator.hpp>

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace biodta::distributed {

struct ReducerOptions {
  std::int64_t bucket_bytes = 25 * 1024 * 1024;   ///< gradients sent together
  std::int64_t first_bucket_bytes = 1024 * 1024;  ///< of the first to be ready, so that sending starts early
  /// Makes every parameter part of every loss, with a gradient of zero where it had no part, as the exchange
  /// among several ranks needs. Costs a sum over every parameter a step; false where each has its part
  /// anyway.
  bool reach_every_parameter = true;
};

/// Owns how gradients are zeroed, accumulated over micro-batches and averaged over ranks. Alone, backward and
/// nothing else. Every rank must make the same calls. A step is: zero_gradients(), then for each micro-batch
/// start(), the forward pass, backward().
class GradientReducer {
 public:
  /// Copies rank 0's values of the parameters to all ranks.
  /// @param parameters  those that require a gradient, in the same order on all ranks.
  /// @param ranks       must outlive the reducer.
  GradientReducer(std::vector<torch::Tensor> parameters, Communicator& ranks,
                  const ReducerOptions& options = {});
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  void zero_gradients();
  /// Before the forward pass of a micro-batch.
  /// @param synchronise  true for the last micro-batch of a step.
  void start(bool synchronise);
  /// Adds the gradients of `loss`; of the micro-batch that synchronises, leaves in every gradient the *mean
  /// over ranks* of what each has accumulated. Throws Error naming the rank when a peer fails.
  /// @param loss  0-dim; undefined = this rank has no data for the micro-batch, and counts as zero.
  void backward(const torch::Tensor& loss);

  const std::vector<torch::Tensor>& parameters() const noexcept { return parameters_; }

 private:
  struct Engine;
  std::vector<torch::Tensor> parameters_;
  Communicator* ranks_;
  std::unique_ptr<Engine> engine_;  // none when alone
  bool synchronise_ = false;
};

}  // namespace biodta::distributed
