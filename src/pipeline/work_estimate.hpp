#pragma once
/// @file
/// How long a long job will take, told once it has begun. Internal to the room.

#include <biodta/support/reporter.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace biodta::pipeline {

/// What there is to do.
struct WorkAmount {
  std::uint64_t cells = 0;
  std::uint64_t perturbed = 0;  ///< changed cells
  std::uint64_t tokens = 0;     ///< of all forward passes
};

/// "1,000 cells, 2.1 million perturbed cells, 4.2 billion tokens".
std::string amount_text(const WorkAmount& amount);
/// "about 3 h 10 min".
std::string duration_text(double seconds);

/// Hands progress on and measures its speed; a line with the estimate is told when enough was seen, or when
/// asked for.
class WorkEstimate : public support::Progress {
 public:
  WorkEstimate(support::Reporter& reporter, const WorkAmount& amount);
  /// From now on updates count from `done` tokens on. The first part starts the clock: what is done before it
  /// is not measured. @param progress  must outlive the part.
  void begin_part(support::Progress& progress, std::uint64_t done);
  void update(std::uint64_t done, std::string_view note) override;
  /// Tells the estimate, unless it was told or nothing was seen.
  void tell();

 private:
  using Clock = std::chrono::steady_clock;
  struct Sample {
    Clock::time_point at;
    std::uint64_t tokens = 0;
  };

  support::Reporter& reporter_;
  WorkAmount amount_;
  support::Progress* progress_ = nullptr;
  std::uint64_t base_ = 0;
  Sample start_;
  Sample first_;  // after the first batch, which may be slow
  Sample last_;
  std::uint64_t batches_ = 0;
  bool begun_ = false;
  bool told_ = false;
};

}  // namespace biodta::pipeline
