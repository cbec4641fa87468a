// Runs that lose their processes, again and again, end as if nothing had happened.
#include "train_program.hpp"

#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using testing::TrainWorld;

void pause_for(std::chrono::microseconds time) {
  std::this_thread::sleep_for(time);
}

/// As expect_equal_runs of train_runs.hpp, but lines that a killed run wrote after its last checkpoint are
/// written again.
void expect_same_end(const TrainWorld& world, const std::string& a, const std::string& b) {
  EXPECT_EQ(world.metrics(a, "evaluation").back(), world.metrics(b, "evaluation").back());
  EXPECT_TRUE(world.model_bytes(a) == world.model_bytes(b)) << "model.safetensors differs";
}

TEST(TrainKilled, TwentyTimesAtAnyMomentEndsWithTheSameWeights) {
  constexpr int kKills = 20, kEvery = 20, kMostCheckpoints = 4;
  // Even with the most progress between kills it does not come to its end.
  const std::vector<std::string> settings{
      "training.max_steps=" + std::to_string((kKills + 1) * kEvery * kMostCheckpoints + kEvery),
      "training.checkpoint_every=" + std::to_string(kEvery), "training.evaluate_every=400",
      "training.log_every=50"};
  const TrainWorld world;
  world.train("never", settings);
  support::RandomStream random(5);
  int killed_with_progress = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    auto process = world.start("killed", settings);
    const int before = world.newest_checkpoint("killed");
    const int wanted = before + kEvery * static_cast<int>(random.below(kMostCheckpoints));
    for (int i = 0; i < 60'000 && world.newest_checkpoint("killed") < wanted; ++i)
      pause_for(std::chrono::milliseconds(1));
    pause_for(std::chrono::microseconds(random.below(40'000)));
    process.signal(SIGKILL);
    ASSERT_EQ(process.wait(), -SIGKILL) << process.log();
    killed_with_progress += world.newest_checkpoint("killed") > before ? 1 : 0;
  }
  EXPECT_GT(killed_with_progress, kKills / 3);
  world.train("killed", settings);
  expect_same_end(world, "never", "killed");
}

std::optional<std::filesystem::path> find_torchrun() {
  const char* given = std::getenv("BIODTA_TORCHRUN");
  if (given != nullptr) return given;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (std::filesystem::exists(std::filesystem::path(folder) / "torchrun"))
      return std::filesystem::path(folder) / "torchrun";
  }
  return std::nullopt;
}

/// The process of this rank of a run, by what it was started with.
std::optional<pid_t> rank_of_run(const std::filesystem::path& run, const std::string& rank) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto command = testing::bytes_of(entry.path() / "cmdline");
    const std::string separated(1, '\0');
    if (!command.starts_with(BIODTA_BIN_DIR "/biodta-train") ||
        command.find(run.string()) == std::string::npos)
      continue;
    if ((separated + testing::bytes_of(entry.path() / "environ"))
            .find(separated + "RANK=" + rank + separated) != std::string::npos)
      return std::stoi(name);
  }
  return std::nullopt;
}

TEST(TrainKilled, UnderTorchrunARankThatIsLostIsStartedAgainAndTheRunCompletes) {
  const auto torchrun = find_torchrun();
  if (!torchrun) GTEST_SKIP() << "no torchrun on PATH, and BIODTA_TORCHRUN names none";
  const std::vector<std::string> settings{"training.max_steps=400", "training.checkpoint_every=20",
                                          "training.evaluate_every=400", "training.log_every=50"};
  const TrainWorld world;
  world.train("never", settings, {"--processes", "2"});
  auto arguments = world.arguments("elastic", settings);
  arguments.insert(arguments.begin(), {"--standalone", "--nproc-per-node", "2", "--max-restarts", "2",
                                       "--no-python", BIODTA_BIN_DIR "/biodta-train"});
  testing::TrainProcess process(arguments, world / "elastic.log", *torchrun);
  world.wait_for_checkpoint("elastic", 60);
  const auto rank = rank_of_run(world / "elastic", "1");
  ASSERT_TRUE(rank.has_value());
  ::kill(*rank, SIGKILL);
  EXPECT_EQ(process.wait(), 0) << process.log();
  EXPECT_THAT(process.log(), ::testing::HasSubstr("going on after step"));
  expect_same_end(world, "never", "elastic");
}

}  // namespace
}  // namespace biodta::pipeline
