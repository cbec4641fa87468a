#pragma once
/// @file
/// Learning rate over the run.

#include <biodta/support/options.hpp>

#include <cstdint>

namespace biodta::training {

enum class ScheduleKind {
  kLinear,   ///< straight down to final_fraction: the paper's
  kCosine,   ///< half a cosine down to final_fraction
  kConstant  ///< stays at 1 after the warm-up
};

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::kLinear;
  std::int64_t warmup_steps = 0;
  double warmup_fraction = 0.0;  ///< of all steps; used when warmup_steps is 0
  double final_fraction = 0.0;   ///< of the peak, reached one step after the last
};
void describe(support::OptionVisitor& visit, ScheduleOptions& options);

/// The factor of the peak learning rate for each step. With w warm-up steps of n in all, step s (0-based) has
/// (s + 1) / w while s < w, and then, with x = (s - w) / (n - w), 1 - (1 - f) x (linear) or f + (1 - f) (1 +
/// cos πx) / 2 (cosine). No step has rate 0: Hugging Face's schedule spends its first step on that.
class Schedule {
 public:
  /// Throws ConfigError when the warm-up is longer than the run.
  Schedule(const ScheduleOptions& options, std::uint64_t total_steps);
  double factor(std::uint64_t step) const;
  std::uint64_t total_steps() const noexcept { return total_steps_; }
  std::uint64_t warmup_steps() const noexcept { return warmup_steps_; }

 private:
  ScheduleOptions options_;
  std::uint64_t total_steps_;
  std::uint64_t warmup_steps_;
};

}  // namespace biodta::training
