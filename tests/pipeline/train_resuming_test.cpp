// A run of training that is stopped, killed, gone on with, begun anew, or met by another.
#include "train_runs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace biodta::pipeline {
namespace {

using ::testing::HasSubstr;

/// Long enough to be interrupted.
const std::vector<std::string> kLong{"training.max_steps=300", "training.checkpoint_every=20",
                                     "training.keep_last=3", "training.evaluate_every=100",
                                     "training.log_every=7"};

TEST(Train, ARunThatIsKilledAndResumedEqualsOneNeverStopped) {
  const TrainWorld world;
  world.train("never", kLong);
  {
    auto process = world.start("killed", kLong);
    world.wait_for_checkpoint("killed", 40);
    process.signal(SIGKILL);
    ASSERT_EQ(process.wait(), -SIGKILL);
  }
  EXPECT_FALSE(std::filesystem::exists(world / "killed/model"));
  world.train("killed", kLong);
  EXPECT_THAT(testing::bytes_of(world / "killed.log"), HasSubstr("going on after step"));
  expect_equal_runs(world, "never", "killed");
}

TEST(Train, ADamagedNewestCheckpointIsPassedOverWithAWarning) {
  const TrainWorld world;
  world.train("never", kLong);
  {
    auto process = world.start("damaged", kLong);
    world.wait_for_checkpoint("damaged", 60);
    process.signal(SIGKILL);
    ASSERT_EQ(process.wait(), -SIGKILL);
  }
  const auto model = world / ("damaged/checkpoints/step-" +
                              std::to_string(world.newest_checkpoint("damaged")) + "/model.safetensors");
  std::filesystem::resize_file(model, std::filesystem::file_size(model) / 2);
  world.train("damaged", kLong);
  EXPECT_THAT(testing::bytes_of(world / "damaged.log"), HasSubstr(model.string()));
  expect_equal_runs(world, "never", "damaged");
}

/// Stops a run by a signal in its midst: it saves, ends well, and goes on to what it would have come to.
void expect_to_go_on_after(int signal, const std::vector<std::string>& others) {
  const TrainWorld world;
  world.train("never", kLong, others);
  {
    auto process = world.start("stopped", kLong, others);
    world.wait_for_checkpoint("stopped", 20);
    process.signal(signal);
    ASSERT_EQ(process.wait(), 0) << process.log();
    EXPECT_THAT(process.log(), HasSubstr("stopped on request"));
  }
  EXPECT_FALSE(std::filesystem::exists(world / "stopped/model"));
  world.train("stopped", kLong, others);
  expect_equal_runs(world, "never", "stopped");
}

TEST(Train, TwoRanksAskedToStopSaveAndGoOnBitByBit) {
  expect_to_go_on_after(SIGTERM, {"--processes", "2"});
}

TEST(Train, SlurmsWarningStopsARunThatThenGoesOnBitByBit) {
  expect_to_go_on_after(SIGUSR1, {});
}

TEST(Train, TwoRanksSaveTogetherByTheFirstOnesClock) {
  const TrainWorld world;
  world.train("run",
              {"training.max_steps=6", "training.checkpoint_every=0", "training.keep_last=0",
               "training.checkpoint_minutes=1e-9", "training.tensorboard=true"},
              {"--processes", "2"});
  for (int step = 1; step <= 6; ++step) {
    EXPECT_TRUE(std::filesystem::exists(world / ("run/checkpoints/step-" + std::to_string(step)))) << step;
  }
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(world / "run/tensorboard"))
    files.push_back(entry.path().filename());
  ASSERT_EQ(files.size(), 1U);  // of the first rank alone
  EXPECT_TRUE(files[0].starts_with("events.out.tfevents."));
}

TEST(Train, AShardedOptimizerGivesTheSameRunBitByBitAndItsCheckpointsToEither) {
  const TrainWorld world;
  const std::vector<std::string> two{"--processes", "2"};
  world.train("whole", {}, two);
  world.train("sharded", {"optimizer.shard=true"}, two);
  expect_equal_runs(world, "whole", "sharded");
  const std::string saved = "optimizer.safetensors";
  EXPECT_TRUE(testing::bytes_of(world / ("whole/checkpoints/step-15/" + saved)) ==
              testing::bytes_of(world / ("sharded/checkpoints/step-15/" + saved)));
  const auto from = "training.resume_from=" + (world / "whole/checkpoints/step-15").string();
  world.train("goes_on", {"optimizer.shard=true", from}, two);
  EXPECT_TRUE(world.model_bytes("goes_on") == world.model_bytes("whole"));
}

TEST(Train, TwoRunsDoNotShareAFolder) {
  const TrainWorld world;
  const auto endless = with(kLong, "training.max_steps=1000000");
  auto first = world.start("run", endless);
  world.wait_for_checkpoint("run", 20);
  testing::TrainProcess second(world.arguments("run", endless), world / "second.log");
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.log(), HasSubstr("another process writing to it"));
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait(), 0);
}

TEST(Train, AFolderThatIsNoRunsIsLeftAlone) {
  const TrainWorld world;
  for (const std::string name : {"model/notes.txt", "metrics.jsonl", "config.yaml"}) {
    const auto file = world / ("bad/" + name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << "mine";
    for (const std::vector<std::string>& others : {std::vector<std::string>{}, {"--dry-run"}}) {
      auto process = world.start("bad", {}, others);
      EXPECT_EQ(process.wait(), 1);
      EXPECT_THAT(process.log(), HasSubstr("which no training run left there"));
    }
    EXPECT_EQ(testing::bytes_of(file), "mine");
    std::filesystem::remove_all(world / "bad");
  }
}

TEST(Train, ASignalToAllProcessesSavesAsOneToTheFirstDoes) {
  const TrainWorld world;
  auto process = world.start("run", with(kLong, "training.max_steps=1000000"), {"--processes", "2"});
  world.wait_for_checkpoint("run", 20);
  for (int i = 0; i < 3; ++i) process.signal_all(SIGTERM);
  EXPECT_EQ(process.wait(), 0) << process.log();
  EXPECT_THAT(process.log(), HasSubstr("stopped on request"));
}

TEST(Train, ARunFolderOfAnotherRunIsNotGoneOnFrom) {
  const TrainWorld world;
  world.train("run", {});
  const auto config = testing::bytes_of(world / "run/config.yaml");
  auto process = world.start("run", {"sampler.batch_size=4"});
  EXPECT_EQ(process.wait(), 1);
  EXPECT_THAT(process.log(), HasSubstr("cells an optimizer step"));
  EXPECT_EQ(testing::bytes_of(world / "run/config.yaml"), config);
  // Heads show in no shape of a tensor.
  auto heads = world.start("run", {"model.bert.heads=4"});
  EXPECT_EQ(heads.wait(), 1);
  EXPECT_THAT(heads.log(), HasSubstr("model.bert.heads"));
  EXPECT_EQ(testing::bytes_of(world / "run/config.yaml"), config);
  auto activation = world.start("run", {"model.embedding.activation=relu"});
  EXPECT_EQ(activation.wait(), 1);
  EXPECT_THAT(activation.log(), HasSubstr("found softplus, expected relu"));
  world.train("run", {"sampler.batch_size=4", "training.resume=never"});
}

TEST(Train, BeginningAnewWithSettingsThatDoNotFitRemovesNoCheckpoint) {
  const TrainWorld world;
  world.train("run", {});
  auto process =
      world.start("run", {"training.resume=never", "masking.mask_share=0.9", "masking.random_share=0.5"});
  EXPECT_EQ(process.wait(), 1);
  EXPECT_THAT(process.log(), HasSubstr("mask_share"));
  EXPECT_TRUE(std::filesystem::exists(world / "run/checkpoints/step-20/state.json"));
}

TEST(Train, AStoppedRunBegunAnewLeavesNoOlderModel) {
  const TrainWorld world;
  world.train("run", {});
  auto process = world.start("run", {"training.resume=never", "training.max_steps=100000"});
  for (int i = 0; i < 6000 && std::filesystem::exists(world / "run/model"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0) << process.log();
  EXPECT_FALSE(std::filesystem::exists(world / "run/model"));
}

}  // namespace
}  // namespace biodta::pipeline
