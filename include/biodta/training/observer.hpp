#pragma once
/// @file
/// Who listens to a run: the metrics file, the terminal.

#include <biodta/support/reporter.hpp>
#include <biodta/training/task.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace biodta::training {

struct RunStart {
  std::uint64_t first_step = 0;  ///< steps already done (a resumed run)
  std::uint64_t total_steps = 0;
  std::uint64_t steps_per_epoch = 0;
  std::string unit;         ///< Task::unit()
  std::string sample_unit;  ///< Task::sample_unit(); empty = samples are not counted
};

/// Figures since the last log line.
struct StepReport {
  std::uint64_t step = 0;  ///< optimizer steps finished
  std::uint64_t epoch = 0;
  double loss = 0;            ///< mean over the window's steps that were not skipped, and all ranks
  double learning_rate = 0;   ///< of the last step
  double gradient_norm = 0;   ///< of the last step, before clipping
  double units = 0;           ///< over all ranks
  double samples = 0;         ///< over all ranks
  double seconds = 0;         ///< wall time of the window, evaluation and checkpoints excluded
  std::uint64_t skipped = 0;  ///< steps of the window that changed nothing (TrainingOptions::non_finite)
  double memory_bytes = 0;    ///< of the first rank: the GPU's peak, on the CPU the resident set
  /// Share of the GPUs' bf16 peak that the model's operations come to; 0 = not known.
  double flop_utilisation = 0;
  double loss_scale = 0;  ///< of float16; 0 = none
};

/// Called on the first rank only, from the loop's thread.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_start(const RunStart& start) { static_cast<void>(start); }
  virtual void on_step(const StepReport& report) { static_cast<void>(report); }
  virtual void on_evaluation(std::uint64_t step, const Metrics& metrics) {
    static_cast<void>(step);
    static_cast<void>(metrics);
  }
  virtual void on_checkpoint(std::uint64_t step, const std::filesystem::path& folder) {
    static_cast<void>(step);
    static_cast<void>(folder);
  }
  virtual void on_end(std::uint64_t step, bool stopped) {
    static_cast<void>(step);
    static_cast<void>(stopped);
  }
};

/// metrics.jsonl: one JSON object a line, {"kind": "train" | "evaluation", "step": …, …}, flushed line by
/// line. A resumed run first drops the lines past its first step, so that the file reads as if it had never
/// stopped (times aside).
class MetricsFile : public Observer {
 public:
  explicit MetricsFile(std::filesystem::path path);
  void on_start(const RunStart& start) override;
  void on_step(const StepReport& report) override;
  void on_evaluation(std::uint64_t step, const Metrics& metrics) override;

 private:
  void write(const std::string& line);
  std::filesystem::path path_;
  std::ofstream file_;
  std::string unit_;
  std::string sample_unit_;
};

/// Progress with loss, throughput, memory and, where the GPU's peak is known, the share of it; the time that
/// is left comes from the reporter. A message for each evaluation, a warning for skipped steps.
class ProgressObserver : public Observer {
 public:
  /// @param stage     name of the stage, for example "train".
  /// @param reporter  must outlive the observer.
  ProgressObserver(std::string stage, support::Reporter& reporter);
  ~ProgressObserver() override;
  void on_start(const RunStart& start) override;
  void on_step(const StepReport& report) override;
  void on_evaluation(std::uint64_t step, const Metrics& metrics) override;
  void on_checkpoint(std::uint64_t step, const std::filesystem::path& folder) override;
  void on_end(std::uint64_t step, bool stopped) override;

 private:
  std::string stage_;
  support::Reporter& reporter_;
  std::unique_ptr<support::Progress> progress_;
  std::string unit_;
  std::string sample_unit_;
};

}  // namespace biodta::training
