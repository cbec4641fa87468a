#pragma once
/// @file
/// A task of the small Enformer with all that trains it.

#include "small_enformer.hpp"

#include <biodta/training/optimizer.hpp>
#include <biodta/training/task.hpp>
#include <biodta/training/trainer.hpp>

#include <cstdint>
#include <memory>

namespace biodta::testing {

template <class Task>
class TaskLearner {
 public:
  /// @param arguments  of the task, between the network and the number of micro-batches.
  template <class... Arguments>
  explicit TaskLearner(const Arguments&... arguments)
      : ranks(distributed::make_communicator({}, torch::kCPU)),
        task(small_parts(), arguments..., 1, *ranks, torch::kCPU),
        optimizer(task.module(), {.learning_rate = kRate, .weight_decay = 1e-4}) {}

  training::TrainingOutcome train(std::int64_t steps, std::int64_t of,
                                  training::CheckpointStore* store = nullptr) {
    const training::Schedule schedule({.warmup_fraction = 0.1}, static_cast<std::uint64_t>(of));
    training::TrainerParts parts{
        .task = task, .optimizer = optimizer, .schedule = schedule, .ranks = *ranks, .checkpoints = store};
    return training::Trainer(
               parts, {.max_steps = steps, .clip_norm = 0.5, .evaluate_every = 0, .checkpoint_every = 0},
               kRate)
        .run();
  }
  training::Metrics evaluate() {
    const torch::NoGradGuard no_grad;
    task.module().eval();
    return task.evaluate(*ranks);
  }

  static constexpr double kRate = 5e-3;
  std::unique_ptr<distributed::Communicator> ranks;
  Task task;
  training::FusedAdam optimizer;
};

}  // namespace biodta::testing
