#pragma once
/// @file
/// Figures of a run for TensorBoard.

#include <biodta/training/observer.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace biodta::training {

/// Writes one event file a process, `<folder>/events.out.tfevents.<seconds>.<name>`, flushed at every call; a
/// resumed run adds a file, from whose first step on TensorBoard takes it in place of what came before.
///
/// The format is TFRecord (TensorFlow's tensorflow/core/lib/io/record_writer.h): for each record its length
/// (uint64, little endian), the masked CRC-32C of these 8 bytes, the record, its masked CRC-32C. A record is
/// a protocol-buffers `Event` (tensorflow/core/util/event.proto) with wall_time (1, double), step (2, int64)
/// and either file_version (3, string: the first record) or summary (5), which holds `Value`s (1) of tag (1,
/// string) and simple_value (2, float); a resumed run's second record is a session_log (7) that says START
/// (1).
class TensorBoardFile : public Observer {
 public:
  /// @param folder  `run/tensorboard`; made when the run starts.
  /// @param name    the file's last part, usually "biodta".
  explicit TensorBoardFile(std::filesystem::path folder, std::string name = "biodta");
  /// Throws InputError, as the others do, where the file cannot be written.
  void on_start(const RunStart& start) override;
  /// "train/loss", "train/learning_rate", and so on.
  void on_step(const StepReport& report) override;
  /// "held_out/<name>".
  void on_evaluation(std::uint64_t step, const Metrics& metrics) override;

  /// Of the file that on_start began; empty before.
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  void write(std::string_view event);
  void write_scalars(std::uint64_t step, std::string_view group, const Metrics& scalars);

  std::filesystem::path folder_;
  std::string name_;
  std::filesystem::path path_;
  std::ofstream file_;
  std::string unit_;
  std::string sample_unit_;
};

}  // namespace biodta::training
