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

std::string rate_of(double per_second, const std::string& unit) {
  return support::with_thousands(static_cast<std::uint64_t>(std::llround(per_second))) + " " + unit + "/s";
}

}  // namespace

ProgressObserver::ProgressObserver(std::string stage, support::Reporter& reporter)
    : stage_(std::move(stage)), reporter_(reporter) {}

ProgressObserver::~ProgressObserver() = default;

void ProgressObserver::on_start(const RunStart& start) {
  unit_ = start.unit;
  sample_unit_ = start.sample_unit;
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
    note += "  " + rate_of(report.units / report.seconds, unit_);
    if (!sample_unit_.empty()) note += "  " + rate_of(report.samples / report.seconds, sample_unit_);
  }
  if (report.memory_bytes > 0) note += "  " + short_number(report.memory_bytes / (1 << 30)) + " GiB";
  if (report.flop_utilisation > 0) note += "  " + short_number(100 * report.flop_utilisation) + "% of peak";
  if (report.skipped > 0) {
    reporter_.warn(support::counted(report.skipped, "step") + " up to step " +
                   support::with_thousands(report.step) +
                   " changed nothing: a loss or gradient was no finite number");
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
