#pragma once
/// @file
/// How the library tells what it is doing. It never prints: a program passes a Reporter in.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace biodta::support {

/// Progress of one stage. Destroyed when the stage is over. Not thread-safe: one thread advances it.
class Progress {
 public:
  virtual ~Progress() = default;
  /// @param done  units finished so far (not the increment).
  /// @param note  short figures shown beside the bar, for example "loss 3.21"; may be empty.
  virtual void update(std::uint64_t done, std::string_view note = {}) = 0;
};

/// Receives messages and progress. Implementations must allow `info` and `warn` from any thread.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void info(std::string_view message) = 0;
  virtual void warn(std::string_view message) = 0;
  virtual void debug(std::string_view message) = 0;
  /// @param total  units of the whole stage; 0 = unknown.
  /// @param unit   plural noun of a unit, for example "cells".
  virtual std::unique_ptr<Progress> start(std::string_view stage, std::uint64_t total,
                                          std::string_view unit) = 0;
};

/// A reporter that says nothing; the default of every function that takes one. Safe to share.
Reporter& silent_reporter();

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// For programs: messages to stderr through spdlog; on a terminal a progress bar, elsewhere a line every ten
/// seconds.
/// @param quiet  neither messages below warnings nor progress.
std::unique_ptr<Reporter> make_terminal_reporter(LogLevel level, bool quiet);

}  // namespace biodta::support
