#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/training/tensorboard_file.hpp>

#include <bit>
#include <chrono>
#include <span>
#include <system_error>
#include <utility>

namespace biodta::training {
namespace {

/// Kinds of fields on the wire of protocol buffers.
enum class Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

template <class Unsigned>
std::string little_endian(Unsigned value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(value); ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7U) bytes.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

std::string key(std::uint32_t field, Wire wire) {
  return varint((field << 3U) | static_cast<std::uint32_t>(wire));
}

std::string bytes_field(std::uint32_t field, std::string_view bytes) {
  return key(field, Wire::kBytes) + varint(bytes.size()) + std::string(bytes);
}

std::string scalar_value(std::string_view tag, double value) {
  return bytes_field(1, tag) + key(2, Wire::kFixed32) +
         little_endian(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
}

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// An Event of now.
std::string event(std::uint64_t step, std::string_view rest) {
  return key(1, Wire::kFixed64) + little_endian(std::bit_cast<std::uint64_t>(wall_time())) +
         key(2, Wire::kVarint) + varint(step) + std::string(rest);
}

/// A checksum that is itself checksummed again would be weak, so the format turns and shifts it.
std::uint32_t masked_crc(std::string_view bytes) {
  constexpr std::uint32_t kMaskDelta = 0xA282EAD8U;
  return std::rotr(support::bytes_crc32c(std::as_bytes(std::span(bytes))), 15) + kMaskDelta;
}

}  // namespace

TensorBoardFile::TensorBoardFile(std::filesystem::path folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)) {}

void TensorBoardFile::on_start(const RunStart& start) {
  unit_ = start.unit;
  sample_unit_ = start.sample_unit;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) throw InputError(folder_.string() + ": cannot be made: " + error.message());
  // Two runs that begin within one second must not share a file.
  auto seconds = static_cast<std::uint64_t>(wall_time());
  do {
    path_ = folder_ / ("events.out.tfevents." + std::to_string(seconds++) + "." + name_);
  } while (std::filesystem::exists(path_, error));
  file_.open(path_, std::ios::binary);
  write(event(0, bytes_field(3, "brain.Event:2")));
  constexpr std::uint64_t kSessionStart = 1;
  if (start.first_step > 0)
    write(event(start.first_step + 1, bytes_field(7, key(1, Wire::kVarint) + varint(kSessionStart))));
}

void TensorBoardFile::on_step(const StepReport& report) {
  Metrics scalars{{"loss", report.loss},
                  {"learning_rate", report.learning_rate},
                  {"gradient_norm", report.gradient_norm},
                  {"skipped", static_cast<double>(report.skipped)}};
  if (report.seconds > 0) {
    scalars[unit_ + "_per_second"] = report.units / report.seconds;
    if (!sample_unit_.empty()) scalars[sample_unit_ + "_per_second"] = report.samples / report.seconds;
  }
  if (report.memory_bytes > 0) scalars["memory_bytes"] = report.memory_bytes;
  if (report.flop_utilisation > 0) scalars["flop_utilisation"] = report.flop_utilisation;
  if (report.loss_scale > 0) scalars["loss_scale"] = report.loss_scale;
  write_scalars(report.step, "train/", scalars);
}

void TensorBoardFile::on_evaluation(std::uint64_t step, const Metrics& metrics) {
  write_scalars(step, "held_out/", metrics);
}

void TensorBoardFile::write_scalars(std::uint64_t step, std::string_view group, const Metrics& scalars) {
  std::string summary;
  for (const auto& [name, value] : scalars)
    summary += bytes_field(1, scalar_value(std::string(group) + name, value));
  write(event(step, bytes_field(5, summary)));
}

void TensorBoardFile::write(std::string_view event) {
  const std::string length = little_endian(std::uint64_t{event.size()});
  file_ << length << little_endian(masked_crc(length)) << event << little_endian(masked_crc(event))
        << std::flush;
  if (!file_) throw InputError(path_.string() + ": cannot be written");
}

}  // namespace biodta::training
