#pragma once
/// @file
/// Runs of a LineTask, and what they told.

#include "line_task.hpp"
#include "recording_reporter.hpp"

#include <biodta/training/trainer.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

namespace biodta::testing {

using namespace biodta::training;

/// Learning rate of every LineRun.
inline constexpr double kRate = 0.05;

class RecordingObserver : public Observer {
 public:
  void on_start(const RunStart& start) override { starts.push_back(start); }
  void on_step(const StepReport& report) override { reports.push_back(report); }
  void on_evaluation(std::uint64_t step, const Metrics&) override { evaluated.push_back(step); }
  void on_checkpoint(std::uint64_t step, const std::filesystem::path&) override { saved.push_back(step); }
  void on_end(std::uint64_t step, bool stopped) override { ends.emplace_back(step, stopped); }

  std::vector<RunStart> starts;
  std::vector<StepReport> reports;
  std::vector<std::uint64_t> evaluated;
  std::vector<std::uint64_t> saved;
  std::vector<std::pair<std::uint64_t, bool>> ends;
};

/// A run of a LineTask with everything that it needs.
struct LineRun {
  LineRun(LineTask& task_in, TrainingOptions options_in, CheckpointStore* store = nullptr)
      : task(task_in), options(std::move(options_in)), checkpoints(store) {}

  TrainingOutcome go() {
    const auto ranks = distributed::make_communicator({}, torch::kCPU);
    FusedAdam optimizer(task.module(), {.learning_rate = kRate, .weight_decay = 0.0});
    const Schedule schedule({.kind = ScheduleKind::kConstant}, total_steps(options, task.steps_per_epoch()));
    return Trainer({.task = task,
                    .optimizer = optimizer,
                    .schedule = schedule,
                    .ranks = *ranks,
                    .checkpoints = checkpoints,
                    .observers = {&observer},
                    .reporter = reporter,
                    .stop = stop},
                   options, kRate)
        .run();
  }

  LineTask& task;
  TrainingOptions options;
  CheckpointStore* checkpoints;
  RecordingObserver observer;
  RecordingReporter reporter;
  const std::atomic<bool>* stop = nullptr;
};

inline std::vector<double> weights_of(LineTask& task) {
  std::vector<double> values;
  for (const auto& parameter : task.module().parameters()) {
    const auto flat = parameter.detach().flatten().to(torch::kFloat64).contiguous();
    values.insert(values.end(), flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel());
  }
  return values;
}

}  // namespace biodta::testing
