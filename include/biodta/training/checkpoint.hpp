#pragma once
/// @file
/// Checkpoints of a run: `checkpoints/step-N/{model.safetensors, optimizer.safetensors, state.json}`.

#include <biodta/support/reporter.hpp>
#include <biodta/training/task.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace biodta::training {

/// Everything a run needs to go on as if it had never stopped. The place in the data is (step / steps per
/// epoch, step mod steps per epoch); the random state follows from (seed, step, rank), since the loop seeds
/// the generators anew each step.
struct Checkpoint {
  std::uint64_t step = 0;  ///< optimizer steps finished
  std::uint64_t seed = 0;
  std::uint64_t steps_per_epoch = 0;
  int ranks = 1;
  weights::NamedTensors model;
  weights::NamedTensors optimizer;
  TaskState task;                  ///< tensors are kept in optimizer.safetensors as "task.<name>"
  std::vector<double> log_window;  ///< sums since the last log line
};

/// The checkpoints of one run folder. One process writes.
class CheckpointStore {
 public:
  /// @param folder     `run/checkpoints`; made when missing.
  /// @param keep_last  older ones are removed after a new one is whole; 0 = keep all.
  CheckpointStore(std::filesystem::path folder, std::size_t keep_last);
  /// Writes atomically and gives its folder. A checkpoint of the same step is replaced.
  std::filesystem::path save(const Checkpoint& checkpoint);
  /// Folders `step-N`, newest (largest N) first.
  std::vector<std::filesystem::path> list() const;
  /// The newest that is whole; damaged ones are passed over with a warning. Nothing when there is none.
  std::optional<Checkpoint> newest(support::Reporter& reporter) const;
  /// Removes those of later steps than `step`, which a run that goes on from there would otherwise be mixed
  /// up with.
  void remove_after(std::uint64_t step);
  /// Removes all of them: for a run that starts anew.
  void clear();

 private:
  std::filesystem::path folder_;
  std::size_t keep_last_;
};

/// Reads one `step-N` folder. Throws CheckpointError naming the file that is missing or damaged.
Checkpoint read_checkpoint(const std::filesystem::path& folder);

}  // namespace biodta::training
