#include <biodta/support/error.hpp>
#include <biodta/training/task.hpp>

namespace biodta::training {

void require_same_run(const TaskState& saved, const TaskState& now) {
  for (const auto& [name, value] : now.values) {
    const auto entry = saved.values.find(name);
    const std::string found = entry == saved.values.end() ? "nothing" : entry->second;
    if (found != value) {
      throw CheckpointError(
          "the checkpoint belongs to another run: " + name + ": found " + found + ", expected " + value,
          "training.resume=never, or another output folder, starts anew");
    }
  }
}

}  // namespace biodta::training
