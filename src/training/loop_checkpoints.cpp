#include "loop.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/weights/state.hpp>

#include <optional>
#include <string>
#include <utility>

namespace biodta::training {

void Loop::save(std::optional<double> best_loss) {
  clock_.pause();
  share_buffers();
  collect();
  const auto optimizer = parts_.optimizer.state();
  if (parts_.checkpoints != nullptr && parts_.ranks.is_first()) {
    const auto whole = checkpoint(optimizer);
    require_finite_state(whole);
    const auto folder = parts_.checkpoints->save(whole, best_loss);
    tell([&](Observer& observer) { observer.on_checkpoint(step_, folder); });
  }
  saved_at_ = WindowClock::Clock::now();
  clock_.resume();
}

Checkpoint Loop::checkpoint(const weights::NamedTensors& optimizer) const {
  Checkpoint checkpoint;
  checkpoint.step = step_;
  checkpoint.seed = static_cast<std::uint64_t>(options_.seed);
  checkpoint.steps_per_epoch = steps_per_epoch_;
  checkpoint.ranks = parts_.ranks.size();
  checkpoint.model = weights::state_of(parts_.task.module());
  for (const auto& [name, tensor] : optimizer) checkpoint.optimizer[name] = tensor.cpu();
  checkpoint.task = parts_.task.state();
  checkpoint.loop = window_.state();
  checkpoint.loop.merge(scaler_.state());
  checkpoint.loop["seconds"] = clock_.seconds();
  return checkpoint;
}

/// Steps with a gradient that is not finite are never taken, but a finite one can be too large a step.
void Loop::require_finite_state(const Checkpoint& checkpoint) const {
  for (const auto& [name, tensor] : checkpoint.model) {
    if (!tensor.is_floating_point() || tensor.isfinite().all().item<bool>()) continue;
    throw Error(name + " is no longer finite at step " + std::to_string(step_) +
                    "; no checkpoint is written of it" + last_checkpoint(),
                "a lower optimizer.learning_rate or a longer schedule.warmup_steps may help");
  }
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
    if (checkpoints != nullptr && options_.resume == Resume::kNever && options_.resume_from.empty()) {
      checkpoints->clear();
    } else {
      apply_newest();
    }
    if (checkpoints != nullptr) {
      checkpoints->remove_after(step_);
      if (const auto best = checkpoints->best()) best_loss_ = best->loss;
    }
  }
  share_restored();
}

/// The checkpoint named, unless the run has come farther: a queue that starts the same command again must not
/// cost what was done since.
void Loop::apply_newest() {
  std::optional<Checkpoint> newest;
  if (parts_.checkpoints != nullptr) newest = parts_.checkpoints->newest(parts_.reporter);
  if (!options_.resume_from.empty()) {
    const auto named = read_checkpoint(options_.resume_from);
    if (!newest || newest->step <= named.step) return apply(named, options_.resume_from.string());
    parts_.reporter.warn("going on from step " + support::with_thousands(newest->step) +
                         " of the run folder, not from training.resume_from, which is of step " +
                         support::with_thousands(named.step));
  }
  if (newest) apply(*newest, "checkpoint step-" + std::to_string(newest->step));
}

void Loop::apply(const Checkpoint& checkpoint, const std::string& origin) {
  parts_.task.load_state(checkpoint.task);
  if (checkpoint.seed != static_cast<std::uint64_t>(options_.seed)) {
    throw CheckpointError(origin + ": found training.seed " + std::to_string(checkpoint.seed) +
                              ", expected " + std::to_string(options_.seed),
                          "training.resume=never, or another output folder, starts anew");
  }
  if (checkpoint.ranks != parts_.ranks.size()) {
    parts_.reporter.info(
        origin + " is of " + support::counted(static_cast<std::uint64_t>(checkpoint.ranks), "rank") +
        ", this run has " + support::counted(static_cast<std::uint64_t>(parts_.ranks.size()), "rank"));
  }
  if (checkpoint.steps_per_epoch != steps_per_epoch_) {
    throw CheckpointError(
        origin + ": found " + std::to_string(checkpoint.steps_per_epoch) + " steps an epoch, expected " +
            std::to_string(steps_per_epoch_),
        "data, batch size, accumulation and number of ranks must be those of the run that goes on; "
        "training.resume=never starts anew");
  }
  if (checkpoint.step > total_) {
    throw CheckpointError(origin + ": found " + std::to_string(checkpoint.step) +
                              " steps done, expected at most the " + std::to_string(total_) + " of this run",
                          "raise training.max_steps or training.epochs, or name another output folder");
  }
  weights::load_state(parts_.task.module(), checkpoint.model, origin);
  parts_.optimizer.load_state(checkpoint.optimizer);
  step_ = checkpoint.step;
  window_.load_state(checkpoint.loop);
  scaler_.load_state(checkpoint.loop);
  const auto seconds = checkpoint.loop.find("seconds");
  clock_.restart(seconds == checkpoint.loop.end() ? 0.0 : seconds->second);
}

/// Gives the first rank's state to the others; parameters that learn follow when the reducer is made, buffers
/// with share_buffers. Sums of the log line at hand are the first rank's own to tell, but all must know how
/// many steps were skipped.
void Loop::share_restored() {
  if (parts_.ranks.size() == 1) return;
  const auto loop = window_.state();
  const auto scale = scaler_.state();
  std::vector<double> values{static_cast<double>(step_),
                             best_loss_,
                             loop.at("skipped"),
                             loop.at("skipped_in_a_row"),
                             scale.empty() ? 0.0 : scale.at("loss_scale"),
                             scale.empty() ? 0.0 : scale.at("loss_scale_good_steps")};
  std::vector<torch::Tensor> tensors{torch::tensor(values, torch::kFloat64).to(figures_.device())};
  for (const auto& parameter : parts_.task.module().parameters()) {
    if (!parameter.requires_grad()) tensors.push_back(parameter.detach());
  }
  parts_.ranks.broadcast(tensors);
  parts_.optimizer.share_state(parts_.ranks);
  if (parts_.ranks.is_first()) return;
  const auto shared = tensors.front().cpu();
  const auto value = [&](std::int64_t i) { return shared[i].item<double>(); };
  step_ = static_cast<std::uint64_t>(value(0));
  best_loss_ = value(1);
  window_.load_state({{"skipped", value(2)}, {"skipped_in_a_row", value(3)}});
  if (value(4) > 0) scaler_.load_state({{"loss_scale", value(4)}, {"loss_scale_good_steps", value(5)}});
}

}  // namespace biodta::training
