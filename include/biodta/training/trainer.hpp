#pragma once
/// @file
/// The training loop: a short function over injected parts.

#include <biodta/distributed/communicator.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/checkpoint.hpp>
#include <biodta/training/observer.hpp>
#include <biodta/training/optimizer.hpp>
#include <biodta/training/schedule.hpp>
#include <biodta/training/task.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace biodta::training {

enum class Precision {
  kFloat32,
  kBfloat16,  ///< forward pass under autocast; parameters, gradients and optimizer stay float32
  kFloat16    ///< the same with float16 and dynamic loss scaling: for GPUs without bfloat16
};

/// What becomes of a step whose loss or gradient is no finite number. Parameters and optimizer never take it
/// in; known to the host at the next log line or checkpoint.
enum class NonFinite {
  kStop,  ///< the run ends with an error, at the parameters of before that step; no checkpoint is written
  kSkip   ///< the step is passed over and counted
};

enum class Resume {
  kAuto,  ///< from the newest whole checkpoint of the run folder, if there is one
  kNever  ///< from the start; checkpoints of the run folder are removed
};

struct TrainingOptions {
  std::int64_t epochs = 3;
  std::int64_t max_steps = 0;              ///< 0 = `epochs` decides; else the run has exactly this many steps
  std::int64_t gradient_accumulation = 1;  ///< micro-batches an optimizer step and rank
  double clip_norm = 1.0;                  ///< 0 = no clipping
  std::int64_t evaluate_every = 1000;      ///< steps; 0 = at the end only
  std::int64_t checkpoint_every = 1000;    ///< steps; 0 = at the end only
  std::int64_t keep_last = 2;              ///< checkpoints kept; 0 = all
  std::int64_t log_every = 10;  ///< steps between log lines: the only time the device is waited for
  /// Minutes of wall time between checkpoints, besides checkpoint_every; 0 = off. With several ranks on CUDA,
  /// at the next log line.
  double checkpoint_minutes = 0;
  bool keep_best = true;  ///< the checkpoint of the lowest held-out loss is kept besides the last
  Precision precision = Precision::kFloat32;
  NonFinite non_finite = NonFinite::kStop;
  /// More skipped steps than this between two log lines, or in a row, end the run. Holds for steps that
  /// float16 loss scaling skips too.
  std::int64_t max_skipped = 10;
  bool tensorboard = false;  ///< event files beside metrics.jsonl
  std::int64_t seed = 0;     ///< of the initial weights, dropout and masks
  Resume resume = Resume::kAuto;
  std::filesystem::path resume_from;  ///< a `step-N` folder to go on from, in place of `resume`
};
void describe(support::OptionVisitor& visit, TrainingOptions& options);
/// Steps of the whole run.
std::uint64_t total_steps(const TrainingOptions& options, std::uint64_t steps_per_epoch);

/// The parts of a run; all must outlive the trainer.
struct TrainerParts {
  Task& task;
  Optimizer& optimizer;
  const Schedule& schedule;
  distributed::Communicator& ranks;
  CheckpointStore* checkpoints =
      nullptr;                       ///< nullptr = none are written or read; used on the first rank only
  std::vector<Observer*> observers;  ///< used on the first rank only
  support::Reporter& reporter = support::silent_reporter();
  /// When it becomes true (a signal handler of the program sets it), the run saves a checkpoint and ends
  /// after the step at hand; with several ranks on CUDA, at the next log line. nullptr = never.
  const std::atomic<bool>* stop = nullptr;
};

struct TrainingOutcome {
  std::uint64_t steps = 0;    ///< finished, resumed ones included
  bool stopped = false;       ///< before the last step, because `stop` was set
  std::uint64_t skipped = 0;  ///< steps of this process that changed nothing, as far as log lines go
  Metrics evaluation;         ///< of the last step; empty when stopped or nothing is held out
};

/// Runs a task to its end: for each step the micro-batches of this rank, gradients summed over the ranks and
/// divided by the total count, clipping, optimizer; logs, evaluates and saves at the steps that the options
/// name.
class Trainer {
 public:
  /// @param peak_learning_rate  multiplied by the schedule's factor.
  Trainer(TrainerParts parts, const TrainingOptions& options, double peak_learning_rate);
  /// Throws Error when a loss or a gradient is not finite (see NonFinite), CheckpointError when the
  /// checkpoint to go on from is unusable.
  TrainingOutcome run();

 private:
  TrainerParts parts_;
  TrainingOptions options_;
  double peak_learning_rate_;
};

}  // namespace biodta::training
