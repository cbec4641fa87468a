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
  TaskState task;  ///< tensors are kept in optimizer.safetensors as "task.<name>"
  /// The loop's own figures by name: sums since the last log line, steps skipped in a row, the scale of
  /// float16 losses. One that is missing (of an older version) is 0.
  std::map<std::string, double> loop;
};

/// The checkpoint of the lowest held-out loss.
struct BestCheckpoint {
  std::uint64_t step = 0;
  double loss = 0;
};

/// The checkpoints of one run folder. One process writes.
class CheckpointStore {
 public:
  /// @param folder     `run/checkpoints`; made when missing.
  /// @param keep_last  older ones are removed after a new one is whole, but never the best; 0 = keep all.
  CheckpointStore(std::filesystem::path folder, std::size_t keep_last);
  /// Writes atomically and gives its folder. A checkpoint of the same step is replaced. Where it cannot be
  /// written (a full disk), throws InputError; those before are as they were.
  /// @param best_loss  the held-out loss that makes it the best so far, which `best.json` then says; nothing
  ///                   = the best stays another.
  std::filesystem::path save(const Checkpoint& checkpoint, std::optional<double> best_loss = std::nullopt);
  /// What `best.json` names; nothing when there is none, or that checkpoint is gone.
  std::optional<BestCheckpoint> best() const;
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
  void remove_old() const;

  std::filesystem::path folder_;
  std::size_t keep_last_;
};

/// Reads one `step-N` folder. Throws CheckpointError naming the file that is missing or damaged.
Checkpoint read_checkpoint(const std::filesystem::path& folder);

}  // namespace biodta::training
