#include <biodta/support/error.hpp>
#include <biodta/training/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace biodta::training {

void describe(support::OptionVisitor& visit, ScheduleOptions& options) {
  visit.choice("kind", options.kind,
               {{"linear", ScheduleKind::kLinear},
                {"cosine", ScheduleKind::kCosine},
                {"constant", ScheduleKind::kConstant}},
               "how the learning rate falls after the warm-up");
  visit.field("warmup_steps", options.warmup_steps,
              "optimizer steps of linear rise at the start; 0 = warmup_fraction", support::at_least(0));
  visit.field("warmup_fraction", options.warmup_fraction,
              "warm-up as a fraction of all steps, where warmup_steps is 0", support::between(0, 1));
  visit.field("final_fraction", options.final_fraction,
              "fraction of the peak learning rate at the end of the run", support::between(0, 1));
}

Schedule::Schedule(const ScheduleOptions& options, std::uint64_t total_steps)
    : options_(options), total_steps_(total_steps) {
  warmup_steps_ = options.warmup_steps > 0 ? static_cast<std::uint64_t>(options.warmup_steps)
                                           : static_cast<std::uint64_t>(std::llround(
                                                 options.warmup_fraction * static_cast<double>(total_steps)));
  if (warmup_steps_ > total_steps_) {
    throw ConfigError("schedule.warmup_steps: found " + std::to_string(warmup_steps_) +
                          ", but the run has only " + std::to_string(total_steps_) + " steps",
                      "warmup_fraction follows the length of the run");
  }
}

double Schedule::factor(std::uint64_t step) const {
  if (step < warmup_steps_) return static_cast<double>(step + 1) / static_cast<double>(warmup_steps_);
  if (options_.kind == ScheduleKind::kConstant || total_steps_ == warmup_steps_) return 1.0;
  const double done = static_cast<double>(std::min(step, total_steps_) - warmup_steps_) /
                      static_cast<double>(total_steps_ - warmup_steps_);
  const double remaining =
      options_.kind == ScheduleKind::kLinear ? 1.0 - done : 0.5 * (1.0 + std::cos(std::numbers::pi * done));
  return options_.final_fraction + (1.0 - options_.final_fraction) * remaining;
}

}  // namespace biodta::training
