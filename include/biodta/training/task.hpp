#pragma once
/// @file
/// What is learned, as the training loop sees it: a module, its data, its loss. The loop knows nothing else
/// about it.

#include <biodta/distributed/communicator.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace biodta::training {

/// Evaluation figures by name ("loss", "perplexity", …); written as they are into metrics.jsonl.
using Metrics = std::map<std::string, double>;

/// One micro-batch of one rank after its forward pass. Nothing here waits for the device.
struct MicroBatchLoss {
  /// 0-dim, with its graph: the loss *summed* over what `count` counts. Undefined when this rank's slot is
  /// empty.
  torch::Tensor sum;
  /// What the sum is normalised by (masked tokens, predicted bins). The loop divides by the total over ranks
  /// and micro-batches.
  double count = 0;
  /// Size of the micro-batch in Task::unit(), for throughput.
  double units = 0;
  /// The same in Task::sample_unit(); 0 where the task has none.
  double samples = 0;
  /// Floating-point operations of its forward and backward pass, as the task's formula has them; 0 = not
  /// known.
  double flops = 0;
};

/// What a task wants kept in a checkpoint besides its module.
struct TaskState {
  weights::NamedTensors tensors;
  std::map<std::string, std::string> values;  ///< also what must agree when a run is resumed
};
/// Throws CheckpointError naming the first value of `now` that `saved` has otherwise or not at all.
void require_same_run(const TaskState& saved, const TaskState& now);

/// A learning task. Every rank makes its own over its own share of the data; all ranks see the same steps.
/// Deterministic: a micro-batch depends on (options, epoch, step, rank, micro-batch) alone, dropout aside,
/// which draws from torch's default generators; the loop seeds these anew for every step. Not thread-safe; a
/// task may read ahead in threads of its own.
class Task {
 public:
  virtual ~Task() = default;

  /// On its device. The same object for the task's life.
  virtual torch::nn::Module& module() = 0;
  virtual torch::Device device() const = 0;
  /// Optimizer steps an epoch; the same on every rank, at least 1.
  virtual std::uint64_t steps_per_epoch() const = 0;
  /// Plural noun of what MicroBatchLoss::units counts, for example "tokens".
  virtual std::string_view unit() const = 0;
  /// Plural noun of what MicroBatchLoss::samples counts, for example "cells"; empty where the task counts
  /// none.
  virtual std::string_view sample_unit() const { return {}; }

  /// Whether every parameter has a part in every non-empty micro-batch's loss. True saves the ranks a walk
  /// over the graph.
  virtual bool uses_every_parameter() const { return false; }

  /// Puts the module into train mode; a task of which parts are frozen leaves these in eval mode.
  virtual void set_training() { module().train(); }

  /// Called before the first step of an epoch, and on resuming: steps first_step … steps_per_epoch() - 1 will
  /// be asked for in order.
  virtual void start_epoch(std::uint64_t epoch, std::uint64_t first_step) = 0;
  /// Forward pass of one micro-batch of this rank. The module is as set_training left it; autocast is on when
  /// the run asks for bf16.
  /// @param step         within the epoch.
  /// @param micro_batch  0 … TrainingOptions::gradient_accumulation - 1.
  virtual MicroBatchLoss forward(std::uint64_t step, std::int64_t micro_batch) = 0;

  /// What a micro-batch holds, for the error that its loss caused: "cells 3, 17 and 40"; empty where the task
  /// cannot tell. On any rank, for every rank's.
  /// @param step  within the epoch.
  /// @param slot  rank × gradient_accumulation + micro-batch.
  virtual std::string describe_micro_batch(std::uint64_t epoch, std::uint64_t step,
                                           std::uint64_t slot) const {
    static_cast<void>(epoch);
    static_cast<void>(step);
    static_cast<void>(slot);
    return {};
  }

  /// Held-out evaluation, the ranks sharing the work; every rank returns the same figures. The module is in
  /// eval mode, without gradients. Empty when nothing is held out.
  virtual Metrics evaluate(distributed::Communicator& ranks) = 0;

  /// Asked on the first rank only, as load_state is.
  virtual TaskState state() { return {}; }
  /// @param state  what state() gave when the checkpoint was written. Throws CheckpointError when it belongs
  /// to other
  ///               data or settings, so that the run could not go on as it was.
  virtual void load_state(const TaskState& state) { static_cast<void>(state); }
};

}  // namespace biodta::training
