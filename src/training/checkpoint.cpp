#include <biodta/support/atomic_file.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/training/checkpoint.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

namespace biodta::training {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kTaskPrefix = "task.";
constexpr const char* kFormat = "biodta checkpoint";
constexpr int kVersion = 1;
constexpr const char* kModelFile = "model.safetensors";
constexpr const char* kOptimizerFile = "optimizer.safetensors";
constexpr const char* kStateFile = "state.json";

std::optional<std::uint64_t> step_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::uint64_t step = 0;
  const char* begin = name.data() + kPrefix.size();
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(begin, end, step);
  if (error != std::errc() || stop != end) return std::nullopt;
  return step;
}

json state_of(const Checkpoint& checkpoint, const fs::path& folder) {
  return {{"format", kFormat},
          {"version", kVersion},
          {"step", checkpoint.step},
          {"seed", checkpoint.seed},
          {"steps_per_epoch", checkpoint.steps_per_epoch},
          {"ranks", checkpoint.ranks},
          {"log_window", checkpoint.log_window},
          {"task", checkpoint.task.values},
          {"checksums",
           {{kModelFile, support::file_checksum(folder / kModelFile)},
            {kOptimizerFile, support::file_checksum(folder / kOptimizerFile)}}}};
}

void read_state(const fs::path& folder, Checkpoint& checkpoint) {
  const fs::path path = folder / kStateFile;
  const json state = json::parse(support::read_text_file(path));
  if (state.at("format") != kFormat || state.at("version") != kVersion) {
    throw CheckpointError(path.string() + ": is no Bio-DTA checkpoint of version " +
                          std::to_string(kVersion));
  }
  state.at("step").get_to(checkpoint.step);
  state.at("seed").get_to(checkpoint.seed);
  state.at("steps_per_epoch").get_to(checkpoint.steps_per_epoch);
  state.at("ranks").get_to(checkpoint.ranks);
  state.at("log_window").get_to(checkpoint.log_window);
  state.at("task").get_to(checkpoint.task.values);
  for (const char* name : {kModelFile, kOptimizerFile}) {
    const std::string expected = state.at("checksums").at(name);
    const std::string found = support::file_checksum(folder / name);
    if (found != expected) {
      throw CheckpointError((folder / name).string() + ": is damaged: found " + found + ", expected " +
                            expected);
    }
  }
}

void read_tensors(const fs::path& folder, Checkpoint& checkpoint) {
  checkpoint.model = weights::read_tensors(folder / kModelFile).tensors;
  auto optimizer = weights::read_tensors(folder / kOptimizerFile).tensors;
  for (auto& [name, tensor] : optimizer) {
    if (name.starts_with(kTaskPrefix)) {
      checkpoint.task.tensors.emplace(name.substr(kTaskPrefix.size()), std::move(tensor));
    } else {
      checkpoint.optimizer.emplace(name, std::move(tensor));
    }
  }
}

/// What an interrupted write or removal left behind.
void remove_remains(const fs::path& folder) {
  std::vector<fs::path> remains;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.find(".part") != std::string::npos) remains.push_back(entry.path());
  }
  std::error_code ignored;
  for (const auto& path : remains) fs::remove_all(path, ignored);
}

/// Gives up its name first, so that a half-removed checkpoint is never taken for one.
void remove_checkpoint(const fs::path& folder) {
  fs::path aside = folder;
  aside += ".removed.part";
  std::error_code ignored;
  fs::remove_all(aside, ignored);
  fs::rename(folder, aside, ignored);
  fs::remove_all(aside, ignored);
}

}  // namespace

CheckpointStore::CheckpointStore(fs::path folder, std::size_t keep_last)
    : folder_(std::move(folder)), keep_last_(keep_last) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw InputError(folder_.string() + ": cannot be made: " + error.message());
}

fs::path CheckpointStore::save(const Checkpoint& checkpoint) {
  const fs::path target = folder_ / (std::string(kPrefix) + std::to_string(checkpoint.step));
  support::AtomicPath path(target);
  fs::create_directory(path.temporary());
  weights::write_safetensors(path.temporary() / kModelFile, checkpoint.model);
  auto optimizer = checkpoint.optimizer;
  for (const auto& [name, tensor] : checkpoint.task.tensors)
    optimizer[std::string(kTaskPrefix) + name] = tensor;
  weights::write_safetensors(path.temporary() / kOptimizerFile, optimizer);
  support::write_text_file(path.temporary() / kStateFile,
                           state_of(checkpoint, path.temporary()).dump(1) + "\n");
  path.commit();

  remove_remains(folder_);
  const auto whole = list();
  for (std::size_t i = keep_last_; keep_last_ > 0 && i < whole.size(); ++i) remove_checkpoint(whole[i]);
  return target;
}

std::vector<fs::path> CheckpointStore::list() const {
  std::vector<std::pair<std::uint64_t, fs::path>> found;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const auto step = step_of(entry.path());
    if (step && entry.is_directory()) found.emplace_back(*step, entry.path());
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<fs::path> folders;
  folders.reserve(found.size());
  for (auto& [step, path] : found) folders.push_back(std::move(path));
  return folders;
}

std::optional<Checkpoint> CheckpointStore::newest(support::Reporter& reporter) const {
  const auto folders = list();
  for (const auto& folder : folders) {
    try {
      return read_checkpoint(folder);
    } catch (const CheckpointError& error) {
      // To begin anew would remove them all; only a person may ask for that.
      if (folder == folders.back())
        throw CheckpointError(error.what(),
                              "none of " + folder_.string() +
                                  " can be read; training.resume=never begins anew and removes them");
      reporter.warn(std::string(error.what()) + "; passing over this checkpoint");
    }
  }
  return std::nullopt;
}

void CheckpointStore::remove_after(std::uint64_t step) {
  for (const auto& folder : list()) {
    if (step_of(folder) > step) remove_checkpoint(folder);
  }
}

void CheckpointStore::clear() {
  for (const auto& folder : list()) remove_checkpoint(folder);
  remove_remains(folder_);
}

Checkpoint read_checkpoint(const fs::path& folder) {
  Checkpoint checkpoint;
  try {
    read_state(folder, checkpoint);
    read_tensors(folder, checkpoint);
  } catch (const CheckpointError&) {
    throw;
  } catch (const Error& error) {
    throw CheckpointError(error.what(), error.hint());
  } catch (const json::exception&) {
    throw CheckpointError((folder / kStateFile).string() + ": is damaged: no such state as Bio-DTA writes");
  }
  return checkpoint;
}

}  // namespace biodta::training
