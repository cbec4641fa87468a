#pragma once
/// @file
/// Adam and AdamW with the moments of each parameter on one rank alone (ZeRO stage 1, Rajbhandari et al.
/// 2020, arXiv 1910.02054).

#include <biodta/distributed/communicator.hpp>
#include <biodta/training/optimizer.hpp>

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace biodta::training {

/// Which rank owns each parameter: the largest first, each to the rank that has the least so far (the lowest
/// of several).
/// @param sizes  values of each parameter.
std::vector<int> assign_owners(std::span<const std::int64_t> sizes, int ranks);

/// Takes the memory of the moments from all ranks to 1 / ranks of it, for one exchange of the parameters a
/// step. Each rank steps those it owns and gives them to the others; steps, parameters and checkpoints are,
/// bit by bit, those of FusedAdam. Every call is a collective one.
class ShardedAdam : public Optimizer {
 public:
  /// @param module  as of FusedAdam.
  /// @param ranks   must outlive the optimizer.
  ShardedAdam(const torch::nn::Module& module, const OptimizerOptions& options,
              distributed::Communicator& ranks);
  void step(double learning_rate, const torch::Tensor& gradient_divisor,
            const torch::Tensor& skip = {}) override;
  /// Gathered on the CPU of the first rank; empty on the others.
  weights::NamedTensors state() const override;
  /// On the first rank alone, where share_state follows.
  void load_state(const weights::NamedTensors& tensors) override;
  void share_state(distributed::Communicator& ranks) override;

 private:
  std::vector<NamedParameter> owned_by(int rank) const;
  bool is_mine(int rank) const { return rank == ranks_->rank(); }

  std::vector<NamedParameter> parameters_;
  std::vector<int> owners_;
  distributed::Communicator* ranks_;
  FusedAdam own_;
  weights::NamedTensors loaded_;  // what the others are still to be given
};

}  // namespace biodta::training
