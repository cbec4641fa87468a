#pragma once
/// @file
/// What a training run does to its folder when it begins. Internal to the room.

#include <biodta/training/observer.hpp>

#include <filesystem>
#include <string>

namespace biodta::pipeline {

/// Throws ConfigError where `folder` holds a result that no run left there: a run would take it away.
/// @param result  as of RunFolder.
void require_own_result(const std::filesystem::path& folder, const std::filesystem::path& result);

/// Throws where a run could not write its folder.
void require_usable_folder(const std::filesystem::path& folder);

/// Keeps a second process out of a run folder for as long as it lives; the system lets go when the process
/// ends, however it ends. Where a file system knows no locks nobody is kept out.
class RunLock {
 public:
  /// Throws InputError when another process holds the folder.
  explicit RunLock(const std::filesystem::path& folder);
  ~RunLock();
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
  RunFolder(std::filesystem::path folder, std::string config, std::filesystem::path result);

  void on_start(const training::RunStart& start) override;

 private:
  std::filesystem::path folder_;
  std::string config_;
  std::filesystem::path result_;
};

}  // namespace biodta::pipeline
