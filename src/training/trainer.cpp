#include "precision.hpp"

#include <biodta/distributed/reducer.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/training/trainer.hpp>
#include <biodta/weights/state.hpp>

#include <torch/utils.h>

#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace biodta::training {
namespace {

using Clock = std::chrono::steady_clock;

/// What is summed over ranks every step, and over steps between log lines: one small float64 tensor on the
/// device.
enum Figure : std::int64_t { kLossSum, kCount, kUnits, kStop, kFigures };

std::vector<torch::Tensor> trained_parameters(torch::nn::Module& module) {
  std::vector<torch::Tensor> parameters;
  for (const auto& parameter : module.parameters()) {
    if (parameter.requires_grad()) parameters.push_back(parameter);
  }
  return parameters;
}

/// Wall time since the last log line, without pauses.
class WindowClock {
 public:
  void resume() {
    started_ = Clock::now();
    runs_ = true;
  }
  void pause() {
    carried_ = seconds();
    runs_ = false;
  }
  void restart(double carried = 0.0) {
    carried_ = carried;
    resume();
  }
  double seconds() const {
    return carried_ + (runs_ ? std::chrono::duration<double>(Clock::now() - started_).count() : 0.0);
  }

 private:
  double carried_ = 0.0;
  bool runs_ = true;
  Clock::time_point started_ = Clock::now();
};

class Loop {
 public:
  Loop(TrainerParts& parts, const TrainingOptions& options, double peak_learning_rate)
      : parts_(parts),
        options_(options),
        peak_learning_rate_(peak_learning_rate),
        total_(parts.schedule.total_steps()),
        steps_per_epoch_(parts.task.steps_per_epoch()),
        figures_(torch::TensorOptions().dtype(torch::kFloat64).device(parts.task.device())),
        window_(torch::zeros({kFigures}, figures_)) {}

  TrainingOutcome run();

 private:
  void restore();
  void apply(const Checkpoint& checkpoint, const std::string& origin);
  void share_restored();
  void take_step();
  torch::Tensor run_micro_batches();
  void update_parameters(const torch::Tensor& step_figures);
  bool asked_to_stop(const torch::Tensor& step_figures, bool at_log_line) const;
  void log();
  void evaluate();
  void save();
  void share_buffers();
  std::vector<double> read_window() const;
  bool due(std::int64_t every) const {
    return step_ == total_ || (every > 0 && step_ % static_cast<std::uint64_t>(every) == 0);
  }
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
  std::uint64_t step_ = 0;  // finished
  std::optional<std::uint64_t> epoch_;
  torch::Tensor window_;  // [kFigures], summed over the steps since the last log line
  torch::Tensor last_figures_;
  torch::Tensor last_norm_;
  double last_learning_rate_ = 0;
  WindowClock clock_;
  TrainingOutcome outcome_;
};

TrainingOutcome Loop::run() {
  restore();
  reducer_.emplace(trained_parameters(parts_.task.module()), parts_.ranks,
                   distributed::ReducerOptions{.reach_every_parameter = !parts_.task.uses_every_parameter()});
  share_buffers();
  tell([&](Observer& observer) {
    observer.on_start({step_, total_, steps_per_epoch_, std::string(parts_.task.unit())});
  });
  parts_.task.set_training();
  clock_.resume();
  while (step_ < total_ && !outcome_.stopped) {
    take_step();
    ++step_;
    const bool at_log_line = due(options_.log_every);
    outcome_.stopped = step_ < total_ && asked_to_stop(last_figures_, at_log_line);
    if (at_log_line) log();
    if (due(options_.evaluate_every)) evaluate();
    if (due(options_.checkpoint_every) || outcome_.stopped) save();
  }
  outcome_.steps = step_;
  tell([&](Observer& observer) { observer.on_end(step_, outcome_.stopped); });
  return std::move(outcome_);
}

void Loop::take_step() {
  const std::uint64_t epoch = step_ / steps_per_epoch_;
  if (epoch_ != epoch) {
    parts_.task.start_epoch(epoch, step_ % steps_per_epoch_);
    epoch_ = epoch;
  }
  // Seeding anew makes the random state a function of (seed, step, rank): nothing of it has to be saved.
  torch::manual_seed(support::RandomStream::of(
      {static_cast<std::uint64_t>(options_.seed), step_, static_cast<std::uint64_t>(parts_.ranks.rank())})());
  last_figures_ = run_micro_batches();
  update_parameters(last_figures_);
  window_ += last_figures_;
}

torch::Tensor Loop::run_micro_batches() {
  const std::int64_t micro_batches = options_.gradient_accumulation;
  auto loss_sum = torch::zeros({}, figures_);
  double count = 0;
  double units = 0;
  reducer_->zero_gradients();
  for (std::int64_t micro_batch = 0; micro_batch < micro_batches; ++micro_batch) {
    reducer_->start(micro_batch + 1 == micro_batches);
    MicroBatchLoss loss;
    {
      const AutocastGuard autocast(options_.precision == Precision::kBfloat16, parts_.task.device());
      loss = parts_.task.forward(step_ % steps_per_epoch_, micro_batch);
    }
    reducer_->backward(loss.sum);
    if (loss.sum.defined()) loss_sum += loss.sum.detach();
    count += loss.count;
    units += loss.units;
  }
  const bool stop = parts_.stop != nullptr && parts_.stop->load(std::memory_order_relaxed);
  auto step_figures =
      torch::stack({loss_sum, torch::full({}, count, figures_), torch::full({}, units, figures_),
                    torch::full({}, stop ? 1.0 : 0.0, figures_)});
  parts_.ranks.all_reduce_sum(step_figures);
  return step_figures;
}

void Loop::update_parameters(const torch::Tensor& step_figures) {
  const torch::NoGradGuard no_grad;
  // The gradients are means over ranks of sums over tokens; the loss is the mean over the tokens of all
  // ranks.
  auto divisor = step_figures.select(0, kCount).clamp_min(1.0).div(parts_.ranks.size());
  last_norm_ = gradient_norm(reducer_->parameters()).div(divisor);
  if (options_.clip_norm > 0) divisor = divisor * last_norm_.add(1e-6).div(options_.clip_norm).clamp_min(1.0);
  last_learning_rate_ = peak_learning_rate_ * parts_.schedule.factor(step_);
  parts_.optimizer.step(last_learning_rate_, divisor.to(torch::kFloat32));
}

bool Loop::asked_to_stop(const torch::Tensor& step_figures, bool at_log_line) const {
  if (parts_.stop == nullptr) return false;
  if (parts_.ranks.size() == 1) return parts_.stop->load();
  // All ranks must agree; on a GPU that means waiting for it, which is only done where a log line waits
  // anyway.
  if (step_figures.is_cuda() && !at_log_line) return false;
  return step_figures[kStop].item<double>() > 0;
}

std::vector<double> Loop::read_window() const {
  const auto host = window_.cpu();
  const double* values = host.const_data_ptr<double>();
  std::vector<double> window(values, values + kFigures);
  if (!std::isfinite(window[kLossSum])) {
    throw Error("the loss is no longer a finite number at step " + std::to_string(step_),
                "a lower optimizer.learning_rate or a longer schedule.warmup_steps may help");
  }
  return window;
}

void Loop::log() {
  const auto window = read_window();
  StepReport report;
  report.step = step_;
  report.epoch = (step_ - 1) / steps_per_epoch_;
  report.loss = window[kLossSum] / std::max(1.0, window[kCount]);
  report.learning_rate = last_learning_rate_;
  report.gradient_norm = last_norm_.item<double>();
  report.units = window[kUnits];
  report.seconds = clock_.seconds();
  tell([&](Observer& observer) { observer.on_step(report); });
  window_.zero_();
  clock_.restart();
}

void Loop::evaluate() {
  clock_.pause();
  share_buffers();
  auto& module = parts_.task.module();
  Metrics metrics;
  {
    module.eval();
    const torch::NoGradGuard no_grad;
    const AutocastGuard autocast(options_.precision == Precision::kBfloat16, parts_.task.device());
    metrics = parts_.task.evaluate(parts_.ranks);
    parts_.task.set_training();
  }
  if (!metrics.empty()) tell([&](Observer& observer) { observer.on_evaluation(step_, metrics); });
  if (step_ == total_) outcome_.evaluation = std::move(metrics);
  clock_.resume();
}

void Loop::save() {
  clock_.pause();
  share_buffers();
  if (parts_.checkpoints != nullptr && parts_.ranks.is_first()) {
    Checkpoint checkpoint;
    checkpoint.step = step_;
    checkpoint.seed = static_cast<std::uint64_t>(options_.seed);
    checkpoint.steps_per_epoch = steps_per_epoch_;
    checkpoint.ranks = parts_.ranks.size();
    checkpoint.model = weights::state_of(parts_.task.module());
    for (const auto& [name, tensor] : parts_.optimizer.state()) checkpoint.optimizer[name] = tensor.cpu();
    checkpoint.task = parts_.task.state();
    checkpoint.log_window = read_window();
    checkpoint.log_window.push_back(clock_.seconds());
    const auto folder = parts_.checkpoints->save(checkpoint);
    tell([&](Observer& observer) { observer.on_checkpoint(step_, folder); });
  }
  clock_.resume();
}

/// Running statistics (batch normalisation) go their own way on each rank; the first rank's are everyone's
/// wherever they are read.
void Loop::share_buffers() {
  if (parts_.ranks.size() == 1) return;
  auto buffers = parts_.task.module().buffers();
  parts_.ranks.broadcast(buffers);
}

void Loop::restore() {
  if (parts_.ranks.is_first()) {
    auto* const checkpoints = parts_.checkpoints;
    if (!options_.resume_from.empty()) {
      apply(read_checkpoint(options_.resume_from), options_.resume_from.string());
    } else if (checkpoints != nullptr && options_.resume == Resume::kNever) {
      checkpoints->clear();
    } else if (checkpoints != nullptr) {
      const auto newest = checkpoints->newest(parts_.reporter);
      if (newest) apply(*newest, "checkpoint step-" + std::to_string(newest->step));
    }
    if (checkpoints != nullptr) checkpoints->remove_after(step_);
  }
  share_restored();
}

void Loop::apply(const Checkpoint& checkpoint, const std::string& origin) {
  parts_.task.load_state(checkpoint.task);
  if (checkpoint.steps_per_epoch != steps_per_epoch_) {
    throw CheckpointError(
        origin + ": found " + std::to_string(checkpoint.steps_per_epoch) + " steps an epoch, expected " +
            std::to_string(steps_per_epoch_),
        "data, batch size, accumulation and number of ranks must be those of the run that goes on; "
        "training.resume=never starts anew");
  }
  if (checkpoint.step > total_) {
    throw CheckpointError(origin + ": found " + std::to_string(checkpoint.step) +
                          " steps done, expected at most the " + std::to_string(total_) + " of this run");
  }
  if (checkpoint.log_window.size() != kFigures + 1) {
    throw CheckpointError(origin + ": found " + std::to_string(checkpoint.log_window.size()) +
                          " figures of the log line at hand, expected " + std::to_string(kFigures + 1));
  }
  weights::load_state(parts_.task.module(), checkpoint.model, origin);
  parts_.optimizer.load_state(checkpoint.optimizer);
  step_ = checkpoint.step;
  auto window = checkpoint.log_window;
  clock_.restart(window.back());
  window.pop_back();
  window[kStop] = 0;
  window_.copy_(torch::tensor(window, torch::kFloat64));
}

/// Gives the first rank's state to the others; parameters that learn follow when the reducer is made, buffers
/// with share_buffers.
void Loop::share_restored() {
  if (parts_.ranks.size() == 1) return;
  std::vector<torch::Tensor> tensors{window_, torch::full({1}, static_cast<double>(step_), figures_)};
  for (const auto& [name, tensor] : parts_.optimizer.state()) tensors.push_back(tensor);
  for (const auto& parameter : parts_.task.module().parameters()) {
    if (!parameter.requires_grad()) tensors.push_back(parameter.detach());
  }
  parts_.ranks.broadcast(tensors);
  step_ = static_cast<std::uint64_t>(tensors[1].item<double>());
}

}  // namespace

Trainer::Trainer(TrainerParts parts, const TrainingOptions& options, double peak_learning_rate)
    : parts_(std::move(parts)), options_(options), peak_learning_rate_(peak_learning_rate) {}

TrainingOutcome Trainer::run() {
  return Loop(parts_, options_, peak_learning_rate_).run();
}

}  // namespace biodta::training
