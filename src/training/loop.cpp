#include "loop.hpp"

#include "device_use.hpp"

#include <biodta/model/autocast.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/support/text.hpp>

#include <torch/utils.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace biodta::training {
namespace {

std::vector<torch::Tensor> tensors_of(const std::vector<NamedParameter>& parameters) {
  std::vector<torch::Tensor> tensors;
  for (const auto& [name, parameter] : parameters) tensors.push_back(parameter);
  return tensors;
}

/// Not every kernel of the CPU knows float16.
template <class Call>
void call_in_precision(Precision precision, torch::Device device, Call&& call) {
  try {
    call();
  } catch (const c10::NotImplementedError& error) {
    if (precision != Precision::kFloat16 || !device.is_cpu()) throw;
    const std::string why = error.what_without_backtrace();
    throw ConfigError("training.precision: found fp16 on the CPU, where an operation has no float16: " +
                          why.substr(0, why.find('\n')),
                      "training.precision=bf16 does the same there without loss scaling");
  }
}

}  // namespace

Loop::Loop(TrainerParts& parts, const TrainingOptions& options, double peak_learning_rate)
    : parts_(parts),
      options_(options),
      peak_learning_rate_(peak_learning_rate),
      total_(parts.schedule.total_steps()),
      steps_per_epoch_(parts.task.steps_per_epoch()),
      figures_(torch::TensorOptions().dtype(torch::kFloat64).device(parts.task.device())),
      scaler_(options.precision == Precision::kFloat16, parts.task.device()),
      statistics_(parts.task.module()),
      halted_(torch::zeros({}, figures_.dtype(torch::kFloat32))) {}

TrainingOutcome Loop::run() {
  restore();
  reducer_.emplace(tensors_of(trained_parameters(parts_.task.module())), parts_.ranks,
                   distributed::ReducerOptions{.reach_every_parameter = !parts_.task.uses_every_parameter()});
  share_buffers();
  tell([&](Observer& observer) {
    observer.on_start({step_, total_, steps_per_epoch_, std::string(parts_.task.unit()),
                       std::string(parts_.task.sample_unit())});
  });
  parts_.task.set_training();
  clock_.resume();
  saved_at_ = WindowClock::Clock::now();
  while (step_ < total_ && !outcome_.stopped) {
    take_step();
    ++step_;
    const bool at_log_line = due(options_.log_every);
    outcome_.stopped = step_ < total_ && agreed_on(kStop, asked_to_stop_here(), at_log_line);
    const bool save_by_clock = save_is_due(at_log_line);
    if (at_log_line) log();
    std::optional<double> best_loss;
    if (due(options_.evaluate_every)) best_loss = evaluate();
    if (due(options_.checkpoint_every) || outcome_.stopped || save_by_clock || best_loss) save(best_loss);
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
  statistics_.keep();
  last_figures_ = run_micro_batches();
  window_.add(step_ + 1, update_parameters(last_figures_));
}

torch::Tensor Loop::run_micro_batches() {
  const auto first_slot = static_cast<double>(parts_.ranks.rank() * options_.gradient_accumulation);
  auto loss_sum = torch::zeros({}, figures_);
  auto bad_losses = torch::zeros({}, figures_);
  auto bad_slots = torch::zeros({}, figures_);
  MicroBatchLoss total;
  reducer_->zero_gradients();
  for (std::int64_t micro_batch = 0; micro_batch < options_.gradient_accumulation; ++micro_batch) {
    const auto loss = run_micro_batch(micro_batch);
    total.count += loss.count;
    total.units += loss.units;
    total.samples += loss.samples;
    total.flops += loss.flops;
    if (!loss.sum.defined()) continue;
    const auto value = loss.sum.detach().to(torch::kFloat64);
    const auto bad = value.isfinite().logical_not().to(torch::kFloat64);
    loss_sum += value;
    bad_losses += bad;
    bad_slots += bad * (first_slot + static_cast<double>(micro_batch));
  }
  const auto host = [&](double value) { return torch::full({}, value, figures_); };
  auto step_figures = torch::stack({loss_sum, host(total.count), host(total.units), host(total.samples),
                                    host(total.flops), host(asked_to_stop_here() ? 1.0 : 0.0),
                                    host(save_clock_is_up() ? 1.0 : 0.0), bad_losses, bad_slots});
  parts_.ranks.all_reduce_sum(step_figures);
  return step_figures;
}

MicroBatchLoss Loop::run_micro_batch(std::int64_t micro_batch) {
  MicroBatchLoss loss;
  call_in_precision(options_.precision, parts_.task.device(), [&] {
    reducer_->start(micro_batch + 1 == options_.gradient_accumulation);
    {
      const model::AutocastGuard autocast(autocast_type(), parts_.task.device());
      loss = parts_.task.forward(step_ % steps_per_epoch_, micro_batch);
    }
    backward(loss);
  });
  return loss;
}

void Loop::backward(const MicroBatchLoss& loss) {
  if (!scaler_.enabled()) return reducer_->backward(loss.sum);
  // Once in a run's life: all ranks must agree on where the scale begins.
  if (scaler_.is_fresh()) {
    scaler_.begin(parts_.ranks.sum(loss.count) * static_cast<double>(options_.gradient_accumulation));
  }
  reducer_->backward(loss.sum.defined() ? loss.sum * scaler_.scale() : loss.sum);
}

torch::Tensor Loop::update_parameters(const torch::Tensor& step_figures) {
  const torch::NoGradGuard no_grad;
  // The gradients are means over ranks of sums over tokens; the loss is the mean over the tokens of all
  // ranks.
  auto divisor = step_figures[kCount].clamp_min(1.0).div(parts_.ranks.size());
  if (scaler_.enabled()) divisor = divisor * scaler_.scale();
  last_norm_ = gradient_norm(reducer_->parameters()).div(divisor);
  if (options_.clip_norm > 0) divisor = divisor * last_norm_.add(1e-6).div(options_.clip_norm).clamp_min(1.0);
  last_learning_rate_ = peak_learning_rate_ * parts_.schedule.factor(step_);
  const auto skip = decide_skip(step_figures);
  parts_.optimizer.step(last_learning_rate_, divisor.to(torch::kFloat32), skip);
  statistics_.restore_where(skip);
  return torch::cat({step_figures, skip.to(torch::kFloat64).reshape({1})});
}

torch::Tensor Loop::decide_skip(const torch::Tensor& step_figures) {
  const auto loss_is_bad = step_figures[kLossSum].isfinite().logical_not();
  const auto is_bad = last_norm_.isfinite().logical_not().logical_or(loss_is_bad).to(torch::kFloat32);
  scaler_.update(is_bad.clone());
  if (options_.non_finite == NonFinite::kSkip) return is_bad;
  // That float16 gradients overflow is the scaler's business; a loss that does is not.
  halted_ = torch::maximum(halted_, scaler_.enabled() ? loss_is_bad.to(torch::kFloat32) : is_bad);
  return torch::maximum(halted_, is_bad);
}

/// All ranks must agree; on a GPU that means waiting for it, which is only done where a log line waits
/// anyway.
bool Loop::agreed_on(Figure flag, bool here, bool at_log_line) const {
  if (parts_.ranks.size() == 1) return here;
  if (last_figures_.is_cuda() && !at_log_line) return false;
  return last_figures_[flag].item<double>() > 0;
}

bool Loop::save_clock_is_up() const {
  const std::chrono::duration<double> elapsed = WindowClock::Clock::now() - saved_at_;
  return options_.checkpoint_minutes > 0 && parts_.ranks.is_first() &&
         elapsed.count() >= options_.checkpoint_minutes * 60.0;
}

bool Loop::save_is_due(bool at_log_line) const {
  if (options_.checkpoint_minutes <= 0) return false;
  return agreed_on(kSave, save_clock_is_up(), at_log_line);
}

void Loop::collect() {
  window_.collect();
  const auto most = static_cast<std::uint64_t>(options_.max_skipped);
  const auto& ends = scaler_.enabled() ? window_.first_bad_loss() : window_.first_skipped();
  if (options_.non_finite == NonFinite::kStop && ends.step > 0) stop_at_non_finite(ends);
  if (window_.skipped() <= most && window_.skipped_in_a_row() <= most) return;
  const auto& found = window_.first_skipped();
  throw Error(
      support::with_thousands(std::max(window_.skipped(), window_.skipped_in_a_row())) +
          " steps were skipped up to step " + std::to_string(step_) + ", more than training.max_skipped (" +
          support::with_thousands(most) + ")" +
          (found.step > 0 ? "; the first since the last log line: " + describe_non_finite(found) : "") +
          last_checkpoint(),
      "a lower optimizer.learning_rate or a longer schedule.warmup_steps may help");
}

void Loop::stop_at_non_finite(const NonFiniteStep& found) const {
  throw Error(describe_non_finite(found) + last_checkpoint(),
              "a lower optimizer.learning_rate or a longer schedule.warmup_steps may help; "
              "training.non_finite=skip passes over such steps");
}

std::string Loop::describe_non_finite(const NonFiniteStep& found) const {
  const std::string where = " no longer a finite number at step " + std::to_string(found.step);
  if (found.bad_losses == 0) return "the gradient is" + where + ", though the loss is";
  if (found.bad_losses > 1) {
    return "the loss is" + where + ", in " + std::to_string(found.bad_losses) + " of " +
           std::to_string(parts_.ranks.size() * options_.gradient_accumulation) + " micro-batches";
  }
  const auto slot = static_cast<std::uint64_t>(found.bad_slots);
  const auto step = found.step - 1;
  const auto held = parts_.task.describe_micro_batch(step / steps_per_epoch_, step % steps_per_epoch_, slot);
  const auto micro_batches = static_cast<std::uint64_t>(options_.gradient_accumulation);
  return "the loss is" + where + " (rank " + std::to_string(slot / micro_batches) + ", micro-batch " +
         std::to_string(slot % micro_batches) + (held.empty() ? "" : ": " + held) + ")";
}

std::string Loop::last_checkpoint() const {
  if (parts_.checkpoints == nullptr) return {};
  const auto folders = parts_.checkpoints->list();
  if (folders.empty()) return "; there is no checkpoint yet";
  return "; the last checkpoint is " + folders.front().string();
}

StepReport Loop::report() const {
  StepReport report;
  report.step = step_;
  report.epoch = (step_ - 1) / steps_per_epoch_;
  // Of a window of skipped steps there is no loss.
  report.loss = window_.sum(kCount) > 0 ? window_.sum(kLossSum) / window_.sum(kCount)
                                        : std::numeric_limits<double>::quiet_NaN();
  report.learning_rate = last_learning_rate_;
  report.gradient_norm = last_norm_.item<double>();
  report.units = window_.sum(kUnits);
  report.samples = window_.sum(kSamples);
  report.seconds = clock_.seconds();
  report.skipped = window_.skipped();
  report.memory_bytes = memory_in_use(parts_.task.device());
  const double peak = peak_bf16_flops(device_name(parts_.task.device())) * parts_.ranks.size();
  if (peak > 0 && report.seconds > 0) report.flop_utilisation = window_.sum(kFlops) / report.seconds / peak;
  const auto scale = scaler_.state();
  if (!scale.empty()) report.loss_scale = scale.at("loss_scale");
  return report;
}

void Loop::log() {
  collect();
  const auto figures = report();
  tell([&](Observer& observer) { observer.on_step(figures); });
  outcome_.skipped += figures.skipped;
  window_.clear();
  clock_.restart();
}

std::optional<double> Loop::evaluate() {
  clock_.pause();
  share_buffers();
  auto& module = parts_.task.module();
  Metrics metrics;
  {
    module.eval();
    const torch::NoGradGuard no_grad;
    const model::AutocastGuard autocast(autocast_type(), parts_.task.device());
    metrics = parts_.task.evaluate(parts_.ranks);
    parts_.task.set_training();
  }
  if (!metrics.empty()) tell([&](Observer& observer) { observer.on_evaluation(step_, metrics); });
  std::optional<double> best;
  const auto loss = metrics.find("loss");
  if (options_.keep_best && loss != metrics.end() && loss->second < best_loss_) {
    best = best_loss_ = loss->second;
  }
  if (step_ == total_) outcome_.evaluation = std::move(metrics);
  clock_.resume();
  return best;
}

std::optional<torch::ScalarType> Loop::autocast_type() const {
  if (options_.precision == Precision::kBfloat16) return torch::kBFloat16;
  if (options_.precision == Precision::kFloat16) return torch::kFloat16;
  return std::nullopt;
}

}  // namespace biodta::training
