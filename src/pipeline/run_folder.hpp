#pragma once
/// @file
/// What a training run does to its folder when it begins. Internal to the room.

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/training/observer.hpp>

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
  if (!has(result) || has("checkpoints") || has("metrics.jsonl")) return;
  throw ConfigError("output: found " + (folder / result).string() +
                    ", which no training run left there, expected a new folder or a run's");
}

/// Writes config.yaml when the run begins, and takes an earlier run's result away: not before it is known
/// that the folder's checkpoints belong to the run.
class RunFolder : public training::Observer {
 public:
  /// @param config  the resolved settings, YAML.
  /// @param result  file or folder that stands there only when a run has come to its end.
  RunFolder(std::filesystem::path folder, std::string config, std::filesystem::path result)
      : folder_(std::move(folder)), config_(std::move(config)), result_(std::move(result)) {}

  void on_start(const training::RunStart& start) override {
    std::error_code ignored;
    if (start.first_step < start.total_steps) std::filesystem::remove_all(folder_ / result_, ignored);
    support::write_text_file(folder_ / "config.yaml", config_);
  }

 private:
  std::filesystem::path folder_;
  std::string config_;
  std::filesystem::path result_;
};

}  // namespace biodta::pipeline
