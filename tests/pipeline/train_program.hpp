#pragma once
/// @file
/// Running biodta-train as a person would, on a corpus and a bank made on the spot.

#include "testing.hpp"
#include "training/small_corpus.hpp"

#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace biodta::testing {

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// A running biodta-train, or a launcher of it.
class TrainProcess {
 public:
  TrainProcess(std::vector<std::string> arguments, std::filesystem::path log,
               const std::filesystem::path& program = BIODTA_BIN_DIR "/biodta-train")
      : log_(std::move(log)) {
    arguments.insert(arguments.begin(), program.string());
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("fork failed");
    if (process_ == 0) {
      ::setpgid(0, 0);
      if (std::freopen(log_.c_str(), "w", stderr) == nullptr) ::_exit(126);
      for (const char* name : {"RANK", "WORLD_SIZE", "SLURM_PROCID"}) ::unsetenv(name);
      ::execv(pointers.front(), pointers.data());
      ::_exit(127);
    }
  }
  ~TrainProcess() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      wait();
    }
  }
  TrainProcess(const TrainProcess&) = delete;
  TrainProcess& operator=(const TrainProcess&) = delete;

  void signal(int signal) const { ::kill(process_, signal); }
  /// To the process and all that it started, as a queue does.
  void signal_all(int signal) const { ::kill(-process_, signal); }
  /// @return exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  std::string log() const { return bytes_of(log_); }

 private:
  std::filesystem::path log_;
  pid_t process_ = 0;
};

/// Corpus, bank and config of one test.
class TrainWorld {
 public:
  TrainWorld() {
    write_small_corpus(folder_ / "corpus.h5", 300, 24);
    small_bank(24, 6).write(folder_ / "embeddings.h5");
    std::ofstream(folder_ / "pretrain.yaml") << R"(
corpus: corpus.h5
embeddings: embeddings.h5
output: run
model:
  bert: {layers: 2, hidden_size: 16, heads: 2, intermediate_size: 24, max_positions: 32, hidden_dropout: 0.1, attention_dropout: 0.1}
  embedding: {kind: adapter, input_map: standardised}
sampler: {batch_size: 8, megabatch_multiplier: 4}
held_out: {column: donor, values: [D3]}
training: {max_steps: 20, evaluate_every: 10, checkpoint_every: 5, log_every: 1}
optimizer: {learning_rate: 0.005, weight_decay: 0.01}
schedule: {warmup_fraction: 0.1}
)";
  }

  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

  /// @param settings  of --set; and other arguments, as they are.
  std::vector<std::string> arguments(const std::string& run, const std::vector<std::string>& settings,
                                     const std::vector<std::string>& others = {}) const {
    std::vector<std::string> all{"--config",  (folder_ / "pretrain.yaml").string(),
                                 "--output",  (folder_ / run).string(),
                                 "--threads", "1",
                                 "--device",  "cpu"};
    for (const auto& setting : settings) {
      all.emplace_back("--set");
      all.push_back(setting);
    }
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }

  TrainProcess start(const std::string& run, const std::vector<std::string>& settings,
                     const std::vector<std::string>& others = {}) const {
    return {arguments(run, settings, others), folder_ / (run + ".log")};
  }

  /// Runs to the end, which must be a good one.
  void train(const std::string& run, const std::vector<std::string>& settings,
             const std::vector<std::string>& others = {}) const {
    auto process = start(run, settings, others);
    const int code = process.wait();
    ASSERT_EQ(code, 0) << process.log();
  }

  /// Lines of metrics.jsonl of a kind, without the figures that time them.
  std::vector<nlohmann::json> metrics(const std::string& run, const std::string& kind) const {
    std::vector<nlohmann::json> lines;
    std::ifstream in(folder_ / run / "metrics.jsonl");
    for (std::string line; std::getline(in, line);) {
      auto entry = nlohmann::json::parse(line);
      if (entry.at("kind") != kind) continue;
      entry.erase("seconds");
      entry.erase("tokens_per_second");
      entry.erase("cells_per_second");
      entry.erase("memory_bytes");
      lines.push_back(std::move(entry));
    }
    return lines;
  }

  std::string model_bytes(const std::string& run) const {
    return bytes_of(folder_ / run / "model" / "model.safetensors");
  }

  /// Step of the newest whole checkpoint; 0 = none yet.
  int newest_checkpoint(const std::string& run) const {
    int newest = 0;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / run / "checkpoints", ignored)) {
      const auto name = entry.path().filename().string();
      if (name.starts_with("step-") && name.find(".part") == std::string::npos)
        newest = std::max(newest, std::stoi(name.substr(5)));
    }
    return newest;
  }

  /// Waits, at most two minutes, until the run has a checkpoint of this step.
  void wait_for_checkpoint(const std::string& run, int step) const {
    const auto state = folder_ / run / "checkpoints" / ("step-" + std::to_string(step)) / "state.json";
    for (int i = 0; i < 24000 && !std::filesystem::exists(state); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_TRUE(std::filesystem::exists(state));
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace biodta::testing
