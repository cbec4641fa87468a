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
constexpr int kVersion = 2;
constexpr const char* kModelFile = "model.safetensors";
constexpr const char* kOptimizerFile = "optimizer.safetensors";
constexpr const char* kStateFile = "state.json";
constexpr const char* kBestFile = "best.json";

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
          {"loop", checkpoint.loop},
          {"task", checkpoint.task.values},
          {"checksums",
           {{kModelFile, support::file_checksum(folder / kModelFile)},
            {kOptimizerFile, support::file_checksum(folder / kOptimizerFile)}}}};
}

/// Version 1 had a nameless list: sums of losses, counts and units, ranks asked to stop, seconds.
std::map<std::string, double> loop_of_version_1(const json& state) {
  const auto window = state.at("log_window").get<std::vector<double>>();
  if (window.size() != 5) return {};
  return {{"loss_sum", window[0]}, {"count", window[1]}, {"units", window[2]}, {"seconds", window[4]}};
}

void read_state(const fs::path& folder, Checkpoint& checkpoint) {
  const fs::path path = folder / kStateFile;
  const json state = json::parse(support::read_text_file(path));
  const int version = state.at("version");
  if (state.at("format") != kFormat || version < 1 || version > kVersion) {
    throw CheckpointError(path.string() + ": is no Bio-DTA checkpoint of version 1 to " +
                          std::to_string(kVersion));
  }
  state.at("step").get_to(checkpoint.step);
  state.at("seed").get_to(checkpoint.seed);
  state.at("steps_per_epoch").get_to(checkpoint.steps_per_epoch);
  state.at("ranks").get_to(checkpoint.ranks);
  checkpoint.loop =
      version == 1 ? loop_of_version_1(state) : state.at("loop").get<decltype(checkpoint.loop)>();
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

fs::path CheckpointStore::save(const Checkpoint& checkpoint, std::optional<double> best_loss) {
  const fs::path target = folder_ / (std::string(kPrefix) + std::to_string(checkpoint.step));
  support::AtomicPath path(target);
  std::error_code error;
  fs::create_directory(path.temporary(), error);
  if (error) throw InputError(target.string() + ": cannot be written: " + error.message());
  weights::write_safetensors(path.temporary() / kModelFile, checkpoint.model);
  auto optimizer = checkpoint.optimizer;
  for (const auto& [name, tensor] : checkpoint.task.tensors)
    optimizer[std::string(kTaskPrefix) + name] = tensor;
  weights::write_safetensors(path.temporary() / kOptimizerFile, optimizer);
  support::write_text_file(path.temporary() / kStateFile,
                           state_of(checkpoint, path.temporary()).dump(1) + "\n");
  path.commit();

  if (best_loss) {
    const json best = {{"step", checkpoint.step}, {"loss", *best_loss}};
    support::write_text_file(folder_ / kBestFile, best.dump() + "\n");
  }
  remove_old();
  return target;
}

void CheckpointStore::remove_old() const {
  remove_remains(folder_);
  if (keep_last_ == 0) return;
  const auto whole = list();
  const auto kept = best();
  for (std::size_t i = keep_last_; i < whole.size(); ++i) {
    if (!kept || step_of(whole[i]) != kept->step) remove_checkpoint(whole[i]);
  }
}

std::optional<BestCheckpoint> CheckpointStore::best() const {
  const fs::path path = folder_ / kBestFile;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  const json named = json::parse(support::read_text_file(path), nullptr, /*allow_exceptions=*/false);
  if (!named.is_object() || !named.contains("step") || !named["step"].is_number_unsigned() ||
      !named.contains("loss") || !named["loss"].is_number()) {
    throw CheckpointError(path.string() + ": is damaged: found no step and loss",
                          "without the file, the run goes on and names the best from here on");
  }
  const BestCheckpoint best{named["step"], named["loss"]};
  if (!fs::is_directory(folder_ / (std::string(kPrefix) + std::to_string(best.step)), ignored))
    return std::nullopt;
  return best;
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
  std::error_code ignored;
  const auto kept = best();
  if (!kept || kept->step > step) fs::remove(folder_ / kBestFile, ignored);
  for (const auto& folder : list()) {
    if (step_of(folder) > step) remove_checkpoint(folder);
  }
}

void CheckpointStore::clear() {
  std::error_code ignored;
  fs::remove(folder_ / kBestFile, ignored);
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
