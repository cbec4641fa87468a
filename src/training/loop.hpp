#pragma once
/// @file
/// The inside of Trainer. Internal to the room.

#include "batch_statistics.hpp"
#include "figure_window.hpp"
#include "loss_scaler.hpp"
#include "window_clock.hpp"

#include <biodta/distributed/reducer.hpp>
#include <biodta/training/trainer.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace biodta::training {

/// One run of a task. loop.cpp has the steps, loop_checkpoints.cpp what is saved and restored.
class Loop {
 public:
  Loop(TrainerParts& parts, const TrainingOptions& options, double peak_learning_rate);
  TrainingOutcome run();

 private:
  void take_step();
  torch::Tensor run_micro_batches();
  MicroBatchLoss run_micro_batch(std::int64_t micro_batch);
  void backward(const MicroBatchLoss& loss);
  /// The step's figures with kSkip behind them.
  torch::Tensor update_parameters(const torch::Tensor& step_figures);
  /// 1 where the step must change nothing, 0-dim float32.
  torch::Tensor decide_skip(const torch::Tensor& step_figures);
  bool agreed_on(Figure flag, bool here, bool at_log_line) const;
  bool save_is_due(bool at_log_line) const;
  /// Waits for the steps at hand; throws where one of them, or their number, ends the run.
  void collect();
  [[noreturn]] void stop_at_non_finite(const NonFiniteStep& found) const;
  std::string describe_non_finite(const NonFiniteStep& found) const;
  std::string last_checkpoint() const;
  void log();
  StepReport report() const;
  /// Returns the held-out loss where it is the lowest so far and its checkpoint is to be kept.
  std::optional<double> evaluate();
  std::optional<torch::ScalarType> autocast_type() const;

  void save(std::optional<double> best_loss);
  Checkpoint checkpoint(const weights::NamedTensors& optimizer) const;
  void require_finite_state(const Checkpoint& checkpoint) const;
  void restore();
  void apply_newest();
  void apply(const Checkpoint& checkpoint, const std::string& origin);
  void share_restored();
  void share_buffers();

  bool due(std::int64_t every) const {
    return step_ == total_ || (every > 0 && step_ % static_cast<std::uint64_t>(every) == 0);
  }
  bool asked_to_stop_here() const {
    return parts_.stop != nullptr && parts_.stop->load(std::memory_order_relaxed);
  }
  bool save_clock_is_up() const;
  template <class Tell>
  void tell(Tell&& tell_one) {
    if (!parts_.ranks.is_first()) return;
    for (Observer* observer : parts_.observers) tell_one(*observer);
  }

  TrainerParts& parts_;
  const TrainingOptions& options_;
  double peak_learning_rate_;
  std::uint64_t total_;
  std::uint64_t steps_per_epoch_;
  torch::TensorOptions figures_;

  std::optional<distributed::GradientReducer> reducer_;
  LossScaler scaler_;
  BatchStatistics statistics_;
  std::uint64_t step_ = 0;  // finished
  std::optional<std::uint64_t> epoch_;
  FigureWindow window_;
  torch::Tensor last_figures_;  // [kSummed]
  torch::Tensor last_norm_;
  torch::Tensor halted_;  // 0-dim float32: 1 from the step on that ends a run of NonFinite::kStop
  double last_learning_rate_ = 0;
  double best_loss_ = std::numeric_limits<double>::infinity();
  WindowClock clock_;
  WindowClock::Clock::time_point saved_at_ = WindowClock::Clock::now();
  TrainingOutcome outcome_;
};

}  // namespace biodta::training
