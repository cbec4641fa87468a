#pragma once
/// @file
/// The figures of the steps since the last log line. Internal to the room.

#include <torch/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace biodta::training {

/// What is summed over ranks every step: one small float64 tensor on the device.
enum Figure : std::size_t {
  kLossSum,
  kCount,
  kUnits,
  kSamples,
  kFlops,
  kStop,            ///< ranks that were asked to stop
  kSave,            ///< above 0 where the first rank's clock asks for a checkpoint
  kBadLosses,       ///< micro-batches whose loss is no finite number
  kBadSlots,        ///< sum of their slots, so that a single one is known by name
  kSummed,          ///< how many of the above
  kSkip = kSummed,  ///< 1 where the step left parameters and optimizer as they were
  kFigures
};

/// A step whose loss or gradient was no finite number.
struct NonFiniteStep {
  std::uint64_t step = 0;  ///< 1 = the run's first; 0 = there is none
  std::int64_t bad_losses = 0;
  std::int64_t bad_slots = 0;
};

/// Takes the figures of each step without waiting for the device, and adds them up on the host when asked to.
/// A step that was skipped counts in none of the sums but those of throughput.
class FigureWindow {
 public:
  /// @param figures_F  [kFigures] float64 of the step that is the run's `step`-th, 1 = first.
  void add(std::uint64_t step, torch::Tensor figures_F);
  /// Waits for the device. To be called before any of what follows.
  void collect();
  /// Begins the next window; the row of skipped steps goes on.
  void clear();

  double sum(Figure figure) const { return sums_[figure]; }
  std::uint64_t skipped() const noexcept { return skipped_; }
  /// Skipped steps in a row up to the last step.
  std::uint64_t skipped_in_a_row() const noexcept { return in_a_row_; }
  /// The first step since the last log line that was skipped.
  const NonFiniteStep& first_skipped() const noexcept { return first_skipped_; }
  /// The first of them that had a loss, and not a gradient alone, that is not finite.
  const NonFiniteStep& first_bad_loss() const noexcept { return first_bad_loss_; }

  /// By name, for a checkpoint.
  std::map<std::string, double> state() const;
  void load_state(const std::map<std::string, double>& state);

 private:
  void take(std::uint64_t step, const double* figures);

  std::uint64_t first_pending_ = 0;
  std::vector<torch::Tensor> pending_;
  std::array<double, kSummed> sums_{};
  std::uint64_t skipped_ = 0;
  std::uint64_t in_a_row_ = 0;
  NonFiniteStep first_skipped_;
  NonFiniteStep first_bad_loss_;
};

}  // namespace biodta::training
