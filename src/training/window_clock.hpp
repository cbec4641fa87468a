#pragma once
/// @file
/// Wall time since the last log line. Internal to the room.

#include <chrono>

namespace biodta::training {

/// Wall time without pauses.
class WindowClock {
 public:
  using Clock = std::chrono::steady_clock;

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

}  // namespace biodta::training
