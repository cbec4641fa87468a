#include "recording_reporter.hpp"
#include "testing.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/checkpoint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace biodta::training {
namespace {

using ::testing::HasSubstr;

Checkpoint example(std::uint64_t step) {
  Checkpoint checkpoint;
  checkpoint.step = step;
  checkpoint.seed = 18446744073709551615U;
  checkpoint.steps_per_epoch = 40;
  checkpoint.ranks = 2;
  checkpoint.model = {{"a.weight", torch::full({2, 3}, static_cast<double>(step))}};
  checkpoint.optimizer = {{"a.weight.exp_avg", torch::ones({2, 3})}};
  checkpoint.task.tensors = {{"extra", torch::tensor({1, 2, 3})}};
  checkpoint.task.values = {{"cells", "12"}};
  checkpoint.log_window = {0.1, 1.0 / 3.0, 7.0};
  return checkpoint;
}

std::vector<std::string> names(const CheckpointStore& store) {
  std::vector<std::string> result;
  for (const auto& folder : store.list()) result.push_back(folder.filename().string());
  return result;
}

TEST(Checkpoint, WhatIsWrittenIsRead) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder / "checkpoints", 0);
  const auto saved = store.save(example(30));
  const Checkpoint read = read_checkpoint(saved);
  EXPECT_EQ(saved.filename(), "step-30");
  EXPECT_EQ(read.step, 30U);
  EXPECT_EQ(read.seed, 18446744073709551615U);
  EXPECT_EQ(read.steps_per_epoch, 40U);
  EXPECT_EQ(read.ranks, 2);
  EXPECT_EQ(read.log_window, (std::vector<double>{0.1, 1.0 / 3.0, 7.0}));
  EXPECT_EQ(read.task.values, example(30).task.values);
  ASSERT_EQ(read.model.size(), 1U);
  EXPECT_TRUE(read.model.at("a.weight").equal(torch::full({2, 3}, 30.0)));
  ASSERT_EQ(read.optimizer.size(), 1U);
  EXPECT_TRUE(read.optimizer.at("a.weight.exp_avg").equal(torch::ones({2, 3})));
  EXPECT_TRUE(read.task.tensors.at("extra").equal(torch::tensor({1, 2, 3})));
}

TEST(Checkpoint, OnlyTheLastAreKept) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 2);
  for (const std::uint64_t step : {9U, 10U, 100U}) store.save(example(step));
  EXPECT_THAT(names(store), ::testing::ElementsAre("step-100", "step-10"));
  store.save(example(100));
  EXPECT_THAT(names(store), ::testing::ElementsAre("step-100", "step-10"));
  store.remove_after(10);
  EXPECT_THAT(names(store), ::testing::ElementsAre("step-10"));
  store.clear();
  EXPECT_TRUE(store.list().empty());
}

TEST(Checkpoint, ADamagedNewestIsPassedOverWithAWarning) {
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "state.json"}) {
    const testing::TemporaryFolder folder;
    CheckpointStore store(folder.path(), 0);
    store.save(example(10));
    const auto newest = store.save(example(20));
    std::fstream damaged(newest / file, std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(-4, std::ios::end);
    damaged.write("\0\1\2\3", 4);
    damaged.close();
    testing::RecordingReporter reporter;
    const auto found = store.newest(reporter);
    ASSERT_TRUE(found) << file;
    EXPECT_EQ(found->step, 10U);
    ASSERT_EQ(reporter.warnings.size(), 1U);
    EXPECT_THAT(reporter.warnings.front(), HasSubstr((newest / file).string()));
  }
}

TEST(Checkpoint, AMissingFileIsNamed) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  const auto saved = store.save(example(10));
  std::filesystem::remove(saved / "optimizer.safetensors");
  testing::expect_error<CheckpointError>([&] { read_checkpoint(saved); }, {"optimizer.safetensors"});
  // Beginning anew would remove it.
  testing::RecordingReporter reporter;
  testing::expect_error<CheckpointError>([&] { store.newest(reporter); },
                                         {"optimizer.safetensors", "training.resume=never"});
}

TEST(Checkpoint, WhatAnInterruptedWriteLeftIsNoCheckpointAndGoesWithTheNextSave) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  std::filesystem::create_directories(folder / "step-30.4711.part");
  std::filesystem::create_directories(folder / "step-x");
  EXPECT_TRUE(store.list().empty());
  store.save(example(10));
  EXPECT_FALSE(std::filesystem::exists(folder / "step-30.4711.part"));
  EXPECT_TRUE(std::filesystem::exists(folder / "step-x"));
}

}  // namespace
}  // namespace biodta::training
