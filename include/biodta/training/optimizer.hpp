#pragma once
/// @file
/// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), all parameters in one fused call.

#include <biodta/distributed/communicator.hpp>
#include <biodta/support/options.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace biodta::training {

enum class OptimizerKind {
  kAdamW,  ///< weight decay takes learning rate × weight_decay × weight off each weight
  kAdam  ///< weight decay is L2: weight_decay × weight is added to the gradient, and so goes into the moments
};

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kAdamW;
  double learning_rate = 1e-3;  ///< at the top of the schedule
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.001;                ///< see OptimizerKind
  bool decay_norms_and_biases = false;        ///< false: matrices and larger only
  bool scale_learning_rate_by_ranks = false;  ///< learning_rate × number of ranks (the paper's)
  bool shard = false;                         ///< several ranks: see ShardedAdam
};
void describe(support::OptionVisitor& visit, OptimizerOptions& options);
/// learning_rate, times the ranks where the options ask for it.
double peak_learning_rate(const OptimizerOptions& options, int ranks);

/// A parameter by its name in the module; the tensor is shared.
using NamedParameter = std::pair<std::string, torch::Tensor>;
/// Those that require a gradient, in the module's order.
std::vector<NamedParameter> trained_parameters(const torch::nn::Module& module);

/// Changes a module's parameters by their gradients. Holds its state by parameter name. Not thread-safe.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One step over all parameters that have a gradient.
  /// @param learning_rate      of this step.
  /// @param gradient_divisor   0-dim float32 on the parameters' device: every gradient is divided by it first
  /// (in
  ///                           place); undefined = 1. This is how normalisation and clipping cost no pass of
  ///                           their own.
  /// @param skip               0-dim float32 on the parameters' device: where it is 1, parameters and state
  ///                           stay as they are, without the host having to wait to know; undefined = 0.
  virtual void step(double learning_rate, const torch::Tensor& gradient_divisor,
                    const torch::Tensor& skip = {}) = 0;
  /// The optimizer's own tensors, shared where they can be, not copied. With several ranks, every rank must
  /// call it, and the first rank's is what a checkpoint holds.
  virtual weights::NamedTensors state() const = 0;
  /// Copies what state() gave back in. Throws CheckpointError when names or shapes are other ones.
  virtual void load_state(const weights::NamedTensors& tensors) = 0;
  /// Gives what the first rank has loaded to the others. A collective call.
  virtual void share_state(distributed::Communicator& ranks) = 0;
};

/// Fused Adam or AdamW. State: `<parameter>.exp_avg`, `<parameter>.exp_avg_sq` of the parameter's shape,
/// `<parameter>.step` 0-dim float32.
class FusedAdam : public Optimizer {
 public:
  /// @param module  its parameters with requires_grad are optimised; must outlive the optimizer and stay on
  /// its device.
  FusedAdam(const torch::nn::Module& module, const OptimizerOptions& options);
  /// The same of chosen parameters, perhaps none.
  FusedAdam(const std::vector<NamedParameter>& parameters, const OptimizerOptions& options);
  void step(double learning_rate, const torch::Tensor& gradient_divisor,
            const torch::Tensor& skip = {}) override;
  weights::NamedTensors state() const override;
  void load_state(const weights::NamedTensors& tensors) override;
  void share_state(distributed::Communicator& ranks) override;

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter;
    torch::Tensor exp_avg;
    torch::Tensor exp_avg_sq;
    torch::Tensor step;
    bool decays;
  };
  void step_group(bool decays, double learning_rate, const torch::Tensor& gradient_divisor,
                  const torch::Tensor& skip);

  OptimizerOptions options_;
  std::vector<Slot> slots_;
};

/// Euclidean norm over all defined gradients as one 0-dim float32 tensor, without waiting for the device.
torch::Tensor gradient_norm(const std::vector<torch::Tensor>& parameters);

}  // namespace biodta::training
