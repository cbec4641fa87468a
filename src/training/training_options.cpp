#include <biodta/training/trainer.hpp>

namespace biodta::training {

void describe(support::OptionVisitor& visit, TrainingOptions& options) {
  using support::at_least;
  visit.field("epochs", options.epochs, "passes over the training data", at_least(1));
  visit.field("max_steps", options.max_steps, "optimizer steps of the whole run; 0 = epochs decides",
              at_least(0));
  visit.field("gradient_accumulation", options.gradient_accumulation,
              "micro-batches an optimizer step and rank", support::between(1, 1 << 20));
  visit.field("clip_norm", options.clip_norm, "largest norm of all gradients together; 0 = no clipping",
              at_least(0));
  visit.field("evaluate_every", options.evaluate_every,
              "steps between held-out evaluations; 0 = at the end only", at_least(0));
  visit.field("checkpoint_every", options.checkpoint_every, "steps between checkpoints; 0 = at the end only",
              at_least(0));
  visit.field("checkpoint_minutes", options.checkpoint_minutes,
              "minutes between checkpoints, besides checkpoint_every; 0 = off", at_least(0));
  visit.field("keep_last", options.keep_last, "checkpoints kept; 0 = all", at_least(0));
  visit.field("keep_best", options.keep_best,
              "keep the checkpoint of the lowest held-out loss besides the last ones");
  visit.field("log_every", options.log_every, "steps between lines of metrics.jsonl", at_least(1));
  visit.field("tensorboard", options.tensorboard, "write event files for TensorBoard too");
  visit.choice("precision", options.precision,
               {{"fp32", Precision::kFloat32}, {"bf16", Precision::kBfloat16}, {"fp16", Precision::kFloat16}},
               "of the forward and backward pass (fp16 with dynamic loss scaling); parameters and optimizer "
               "are always fp32");
  visit.choice(
      "non_finite", options.non_finite, {{"stop", NonFinite::kStop}, {"skip", NonFinite::kSkip}},
      "what becomes of a step whose loss or gradient is no finite number; no parameter ever takes it "
      "in");
  visit.field("max_skipped", options.max_skipped,
              "more skipped steps than this between two log lines, or in a row, end the run", at_least(0));
  visit.field("seed", options.seed,
              "of the initial weights, dropout and masks (held-out masks are the same for all)", at_least(0));
  visit.choice("resume", options.resume, {{"auto", Resume::kAuto}, {"never", Resume::kNever}},
               "auto: go on from the run folder's newest checkpoint; never: start anew");
  visit.field("resume_from", options.resume_from,
              "checkpoint folder (step-N) that a new run folder begins from; a run folder that has come "
              "farther goes on from its own");
}

std::uint64_t total_steps(const TrainingOptions& options, std::uint64_t steps_per_epoch) {
  if (options.max_steps > 0) return static_cast<std::uint64_t>(options.max_steps);
  return static_cast<std::uint64_t>(options.epochs) * steps_per_epoch;
}

}  // namespace biodta::training
