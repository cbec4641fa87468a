#include <biodta/support/text.hpp>
#include <biodta/training/observer.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace biodta::training {
namespace {

std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

}  // namespace

ProgressObserver::ProgressObserver(std::string stage, support::Reporter& reporter)
    : stage_(std::move(stage)), reporter_(reporter) {}

ProgressObserver::~ProgressObserver() = default;

void ProgressObserver::on_start(const RunStart& start) {
  unit_ = start.unit;
  if (start.first_step > 0 && start.first_step == start.total_steps) {
    reporter_.info("all " + support::with_thousands(start.total_steps) + " steps are done already");
    return;
  }
  if (start.first_step > 0) {
    reporter_.info("going on after step " + support::with_thousands(start.first_step) + " of " +
                   support::with_thousands(start.total_steps));
  }
  progress_ = reporter_.start(stage_, start.total_steps, "steps");
  if (start.first_step > 0) progress_->update(start.first_step);
}

void ProgressObserver::on_step(const StepReport& report) {
  std::string note = "loss " + short_number(report.loss);
  if (report.seconds > 0) {
    const double rate = report.units / report.seconds;
    note +=
        "  " + support::with_thousands(static_cast<std::uint64_t>(std::llround(rate))) + " " + unit_ + "/s";
  }
  progress_->update(report.step, note);
}

void ProgressObserver::on_evaluation(std::uint64_t step, const Metrics& metrics) {
  if (metrics.empty()) return;
  std::string message = "held out, after step " + support::with_thousands(step) + ":";
  for (const auto& [name, value] : metrics) message += " " + name + " " + short_number(value);
  reporter_.info(message);
}

void ProgressObserver::on_checkpoint(std::uint64_t, const std::filesystem::path& folder) {
  reporter_.debug("saved " + folder.string());
}

void ProgressObserver::on_end(std::uint64_t step, bool stopped) {
  progress_.reset();
  if (stopped) {
    reporter_.warn("stopped on request after step " + support::with_thousands(step) +
                   "; the same command goes on from there");
  }
}

}  // namespace biodta::training
