#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>
#include <biodta/training/observer.hpp>

#include <nlohmann/json.hpp>

#include <system_error>
#include <utility>

namespace biodta::training {
namespace {

// Keys keep the order in which they are written here.
using nlohmann::ordered_json;

/// The lines of a metrics file that belong to the first `steps` steps. A last line cut short by a crash is
/// dropped.
std::string lines_up_to(const std::filesystem::path& path, std::uint64_t steps) {
  std::string kept;
  support::LineReader lines(path);
  std::string line;
  while (lines.next(line)) {
    const auto entry = ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object() || !entry.contains("step") || !entry["step"].is_number_unsigned()) continue;
    if (entry["step"].get<std::uint64_t>() <= steps) kept.append(line).append("\n");
  }
  return kept;
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path path) : path_(std::move(path)) {}

void MetricsFile::on_start(const RunStart& start) {
  unit_ = start.unit;
  sample_unit_ = start.sample_unit;
  std::error_code ignored;
  const bool goes_on = start.first_step > 0 && std::filesystem::exists(path_, ignored);
  support::write_text_file(path_, goes_on ? lines_up_to(path_, start.first_step) : std::string());
  file_.open(path_, std::ios::app);
  if (!file_) throw InputError(path_.string() + ": cannot be written");
}

void MetricsFile::on_step(const StepReport& report) {
  ordered_json entry = {{"kind", "train"},
                        {"step", report.step},
                        {"epoch", report.epoch},
                        {"loss", report.loss},
                        {"learning_rate", report.learning_rate},
                        {"gradient_norm", report.gradient_norm},
                        {unit_, report.units},
                        {"seconds", report.seconds}};
  if (report.seconds > 0) entry[unit_ + "_per_second"] = report.units / report.seconds;
  if (!sample_unit_.empty()) {
    entry[sample_unit_] = report.samples;
    if (report.seconds > 0) entry[sample_unit_ + "_per_second"] = report.samples / report.seconds;
  }
  if (report.memory_bytes > 0) entry["memory_bytes"] = report.memory_bytes;
  if (report.flop_utilisation > 0) entry["flop_utilisation"] = report.flop_utilisation;
  if (report.loss_scale > 0) entry["loss_scale"] = report.loss_scale;
  if (report.skipped > 0) entry["skipped"] = report.skipped;
  write(entry.dump());
}

void MetricsFile::on_evaluation(std::uint64_t step, const Metrics& metrics) {
  ordered_json entry = {{"kind", "evaluation"}, {"step", step}};
  for (const auto& [name, value] : metrics) entry[name] = value;
  write(entry.dump());
}

void MetricsFile::write(const std::string& line) {
  file_ << line << '\n' << std::flush;
  if (!file_) throw InputError(path_.string() + ": cannot be written");
}

}  // namespace biodta::training
