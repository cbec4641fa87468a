#pragma once
/// @file
/// What every training program does around the loop. Internal to the room.

#include <biodta/distributed/communicator.hpp>
#include <biodta/pipeline/train.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/optimizer.hpp>
#include <biodta/training/schedule.hpp>
#include <biodta/training/task.hpp>
#include <biodta/training/trainer.hpp>

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace biodta::pipeline {

/// This process's place among the ranks of the run.
std::unique_ptr<distributed::Communicator> join_ranks(const TrainRuntime& runtime,
                                                      const DistributedOptions& options,
                                                      torch::Device device);

/// A run and its folder.
struct RunSettings {
  std::filesystem::path output;  ///< run folder
  std::string config;            ///< resolved settings, YAML
  std::filesystem::path result;  ///< what stands in the folder only when a run has come to its end
  const training::TrainingOptions& training;
  const training::OptimizerOptions& optimizer;
};

/// Trains with checkpoints, metrics.jsonl and progress; the first rank writes.
training::TrainingOutcome run_training(training::Task& task, const training::Schedule& schedule,
                                       distributed::Communicator& ranks, const RunSettings& settings,
                                       support::Reporter& reporter, const std::atomic<bool>* stop);

}  // namespace biodta::pipeline
