#include "run_folder.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace biodta::pipeline {

void require_own_result(const std::filesystem::path& folder, const std::filesystem::path& result) {
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

void require_usable_folder(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) return support::require_writable(folder);
  if (!std::filesystem::is_directory(folder))
    throw ConfigError("output: found " + folder.string() + ", which is no folder");
  if (::access(folder.c_str(), W_OK) != 0)
    throw InputError(folder, "", "a folder that cannot be written to", "one that can");
}

RunLock::RunLock(const std::filesystem::path& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(descriptor_);
  throw InputError(folder, "", "another process writing to it", "one run for a folder",
                   "wait for it, or choose another output");
}

RunLock::~RunLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

RunFolder::RunFolder(std::filesystem::path folder, std::string config, std::filesystem::path result)
    : folder_(std::move(folder)), config_(std::move(config)), result_(std::move(result)) {}

void RunFolder::on_start(const training::RunStart& start) {
  if (start.first_step >= start.total_steps) return;  // nothing is done: what the folder says stays true
  std::error_code ignored;
  std::filesystem::remove_all(folder_ / result_, ignored);
  support::write_text_file(folder_ / "config.yaml", config_);
}

}  // namespace biodta::pipeline
