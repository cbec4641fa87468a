#include "run_training.hpp"

#include "run_folder.hpp"

#include <biodta/training/checkpoint.hpp>
#include <biodta/training/observer.hpp>
#include <biodta/training/sharded_optimizer.hpp>
#include <biodta/training/tensorboard_file.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace biodta::pipeline {

namespace {

std::unique_ptr<training::Optimizer> make_optimizer(training::Task& task,
                                                    const training::OptimizerOptions& options,
                                                    distributed::Communicator& ranks) {
  if (options.shard && ranks.size() > 1)
    return std::make_unique<training::ShardedAdam>(task.module(), options, ranks);
  return std::make_unique<training::FusedAdam>(task.module(), options);
}

}  // namespace

std::unique_ptr<distributed::Communicator> join_ranks(const TrainRuntime& runtime,
                                                      const DistributedOptions& options,
                                                      torch::Device device) {
  auto membership = runtime.membership;
  membership.timeout_seconds = static_cast<int>(options.timeout_seconds);
  return distributed::make_communicator(membership, device);
}

training::TrainingOutcome run_training(training::Task& task, const training::Schedule& schedule,
                                       distributed::Communicator& ranks, const RunSettings& settings,
                                       support::Reporter& reporter, const std::atomic<bool>* stop) {
  require_own_result(settings.output, settings.result);
  const auto optimizer = make_optimizer(task, settings.optimizer, ranks);
  std::optional<RunLock> lock;
  std::optional<training::CheckpointStore> checkpoints;
  if (ranks.is_first()) {
    std::filesystem::create_directories(settings.output);
    lock.emplace(settings.output);
    checkpoints.emplace(settings.output / "checkpoints",
                        static_cast<std::size_t>(settings.training.keep_last));
  }
  RunFolder run_folder(settings.output, settings.config, settings.result);
  training::MetricsFile metrics(settings.output / "metrics.jsonl");
  training::ProgressObserver progress("train", reporter);
  training::TensorBoardFile tensorboard(settings.output / "tensorboard");
  std::vector<training::Observer*> observers{&run_folder, &metrics, &progress};
  if (settings.training.tensorboard) observers.push_back(&tensorboard);
  training::TrainerParts parts{.task = task,
                               .optimizer = *optimizer,
                               .schedule = schedule,
                               .ranks = ranks,
                               .checkpoints = checkpoints ? &*checkpoints : nullptr,
                               .observers = std::move(observers),
                               .reporter = reporter,
                               .stop = stop};
  training::Trainer trainer(parts, settings.training,
                            training::peak_learning_rate(settings.optimizer, ranks.size()));
  return trainer.run();
}

}  // namespace biodta::pipeline
