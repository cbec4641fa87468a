#pragma once
/// @file
/// The words and the pace of progress, apart from clocks and terminals.

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace biodta::support {

using ProgressClock = std::chrono::steady_clock;

/// Speed over the last minute or so, so that the time left follows what happens now.
class ProgressRate {
 public:
  explicit ProgressRate(ProgressClock::time_point start);
  void add(ProgressClock::time_point now, std::uint64_t done);
  /// Units a second; 0 while unknown.
  double per_second() const;

 private:
  struct Sample {
    ProgressClock::time_point at;
    std::uint64_t done;
  };
  std::deque<Sample> samples_;
  bool started_ = false;
};

/// What is known about a stage at one moment.
struct ProgressFigures {
  std::string stage;
  std::string unit;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< 0 = unknown
  double seconds = 0.0;     ///< since the start
  double per_second = 0.0;  ///< 0 = unknown
  std::string note;
};

/// "0:42", "3:05:10".
std::string clock_text(double seconds);
/// For logs: "tokenize: 1,200 of 10,000 cells (12%), 350 cells/s, 0:25 left, loss 3.2".
std::string progress_line(const ProgressFigures& figures);
/// For a terminal of `columns`: the same in short with a bar that takes the room left; never wider than
/// columns - 1.
std::string progress_bar(const ProgressFigures& figures, std::size_t columns);
/// "tokenize: 10,000 cells in 0:28 (357 cells/s)", or where it stopped.
std::string progress_end(const ProgressFigures& figures);

}  // namespace biodta::support
