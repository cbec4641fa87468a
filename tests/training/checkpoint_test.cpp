#include "recording_reporter.hpp"
#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/reporter.hpp>
#include <biodta/training/checkpoint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <map>
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
  checkpoint.loop = {{"loss_sum", 0.1}, {"count", 1.0 / 3.0}, {"loss_scale", 65536.0}};
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
  EXPECT_EQ(read.loop, example(30).loop);
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

TEST(Checkpoint, OneOfVersion1IsReadStill) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  const auto saved = store.save(example(30));
  auto state = nlohmann::json::parse(support::read_text_file(saved / "state.json"));
  state["version"] = 1;
  state.erase("loop");
  state["log_window"] = {0.5, 20.0, 40.0, 0.0, 2.5};
  support::write_text_file(saved / "state.json", state.dump());
  const Checkpoint read = read_checkpoint(saved);
  EXPECT_EQ(read.step, 30U);
  EXPECT_EQ(read.loop, (std::map<std::string, double>{
                           {"loss_sum", 0.5}, {"count", 20.0}, {"units", 40.0}, {"seconds", 2.5}}));
  state["version"] = 3;
  support::write_text_file(saved / "state.json", state.dump());
  testing::expect_error<CheckpointError>([&] { read_checkpoint(saved); }, {"version 1 to 2"});
}

TEST(Checkpoint, TheBestIsKeptBesidesTheLast) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 2);
  EXPECT_FALSE(store.best());
  store.save(example(10), 0.75);
  for (const std::uint64_t step : {20U, 30U, 40U}) store.save(example(step));
  EXPECT_THAT(names(store), ::testing::ElementsAre("step-40", "step-30", "step-10"));
  // Another process finds it too.
  const CheckpointStore again(folder.path(), 2);
  ASSERT_TRUE(again.best());
  EXPECT_EQ(again.best()->step, 10U);
  EXPECT_EQ(again.best()->loss, 0.75);
  store.save(example(50), 0.5);
  EXPECT_THAT(names(store), ::testing::ElementsAre("step-50", "step-40"));
  store.remove_after(40);
  EXPECT_FALSE(store.best());
  EXPECT_FALSE(std::filesystem::exists(folder / "best.json"));
}

TEST(Checkpoint, ADamagedNameOfTheBestIsAnError) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 2);
  store.save(example(10), 0.75);
  support::write_text_file(folder / "best.json", "{\"step\": ");
  testing::expect_error<CheckpointError>([&] { store.best(); }, {"best.json", "damaged"});
}

/// Lets no file of this process grow past `bytes`, as a full disk would.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(Checkpoint, AFullDiskIsOneLineAndLeavesTheEarlierOnesAsTheyWere) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 1);
  store.save(example(10), 0.75);
  auto large = example(20);
  large.model["a.weight"] = torch::zeros({100000});
  {
    const FullDisk full(65536);
    testing::expect_error<InputError>([&] { store.save(large, 0.5); }, {"step-20", "cannot be written"});
  }
  EXPECT_THAT(names(store), ::testing::ElementsAre("step-10"));
  EXPECT_EQ(store.best()->step, 10U);
  EXPECT_TRUE(read_checkpoint(folder / "step-10").model.at("a.weight").equal(torch::full({2, 3}, 10.0)));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << entry.path();
  store.save(large, 0.5);
  EXPECT_THAT(names(store), ::testing::ElementsAre("step-20"));
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
