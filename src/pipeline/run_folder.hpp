#pragma once
/// @file
/// What a training run does to its folder when it begins. Internal to the room.

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/training/observer.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace biodta::pipeline {

/// Throws ConfigError where `folder` holds a result that no run left there: a run would take it away.
/// @param result  as of RunFolder.
inline void require_own_result(const std::filesystem::path& folder, const std::filesystem::path& result) {
  std::error_code ignored;
  const auto has = [&](const std::filesystem::path& name) {
    return std::filesystem::exists(folder / name, ignored);
  };
  if (has("config.yaml") && (has("checkpoints") || has("metrics.jsonl"))) return;
  for (const std::filesystem::path& name :
       {result, std::filesystem::path("metrics.jsonl"), std::filesystem::path("config.yaml")})
    if (has(name))
      throw ConfigError("output: found " + (folder / name).string() +
                        ", which no training run left there, expected a new folder or a run's");
}

/// Throws where a run could not write its folder.
inline void require_usable_folder(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) return support::require_writable(folder);
  if (!std::filesystem::is_directory(folder))
    throw ConfigError("output: found " + folder.string() + ", which is no folder");
  if (::access(folder.c_str(), W_OK) != 0)
    throw InputError(folder, "", "a folder that cannot be written to", "one that can");
}

/// Keeps a second process out of a run folder for as long as it lives; the system lets go when the process
/// ends, however it ends. Where a file system knows no locks nobody is kept out.
class RunLock {
 public:
  /// Throws InputError when another process holds the folder.
  explicit RunLock(const std::filesystem::path& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(descriptor_);
    throw InputError(folder, "", "another process writing to it", "one run for a folder",
                     "wait for it, or choose another output");
  }
  ~RunLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int descriptor_;
};

/// Writes config.yaml when the run begins, and takes an earlier run's result away: not before it is known
/// that the folder's checkpoints belong to the run.
class RunFolder : public training::Observer {
 public:
  /// @param config  the resolved settings, YAML.
  /// @param result  file or folder that stands there only when a run has come to its end.
  RunFolder(std::filesystem::path folder, std::string config, std::filesystem::path result)
      : folder_(std::move(folder)), config_(std::move(config)), result_(std::move(result)) {}

  void on_start(const training::RunStart& start) override {
    if (start.first_step >= start.total_steps) return;  // nothing is done: what the folder says stays true
    std::error_code ignored;
    std::filesystem::remove_all(folder_ / result_, ignored);
    support::write_text_file(folder_ / "config.yaml", config_);
  }

 private:
  std::filesystem::path folder_;
  std::string config_;
  std::filesystem::path result_;
};

}  // namespace biodta::pipeline
