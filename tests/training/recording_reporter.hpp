#pragma once
/// @file
/// A reporter that keeps what it is told.

#include <biodta/support/reporter.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::testing {

class RecordingReporter : public support::Reporter {
 public:
  void info(std::string_view message) override { messages.emplace_back(message); }
  void warn(std::string_view message) override { warnings.emplace_back(message); }
  void debug(std::string_view) override {}
  std::unique_ptr<support::Progress> start(std::string_view stage, std::uint64_t total,
                                           std::string_view unit) override {
    stages.push_back(std::string(stage) + " " + std::to_string(total) + " " + std::string(unit));
    return std::make_unique<Recorder>(*this);
  }

  std::vector<std::string> messages;
  std::vector<std::string> warnings;
  std::vector<std::string> stages;
  std::vector<std::string> updates;  ///< "done note"

 private:
  class Recorder : public support::Progress {
   public:
    explicit Recorder(RecordingReporter& owner) : owner_(owner) {}
    void update(std::uint64_t done, std::string_view note) override {
      owner_.updates.push_back(std::to_string(done) + " " + std::string(note));
    }

   private:
    RecordingReporter& owner_;
  };
};

}  // namespace biodta::testing
