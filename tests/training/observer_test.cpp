#include "recording_reporter.hpp"
#include "testing.hpp"

#include <biodta/training/observer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace biodta::training {
namespace {

using ::testing::HasSubstr;

std::vector<nlohmann::json> lines_of(const std::filesystem::path& path) {
  std::vector<nlohmann::json> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

StepReport report(std::uint64_t step) {
  return {.step = step,
          .epoch = 1,
          .loss = 2.5,
          .learning_rate = 1e-3,
          .gradient_norm = 0.5,
          .units = 600,
          .seconds = 2};
}

TEST(MetricsFile, EachLineIsOneObject) {
  const testing::TemporaryFolder folder;
  MetricsFile metrics(folder / "metrics.jsonl");
  metrics.on_start({.first_step = 0, .total_steps = 100, .steps_per_epoch = 50, .unit = "tokens"});
  metrics.on_step(report(10));
  metrics.on_evaluation(10, {{"loss", 3.0}, {"top5", 0.5}});
  const auto lines = lines_of(folder / "metrics.jsonl");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("kind"), "train");
  EXPECT_EQ(lines[0].at("step"), 10);
  EXPECT_EQ(lines[0].at("loss"), 2.5);
  EXPECT_EQ(lines[0].at("tokens"), 600);
  EXPECT_EQ(lines[0].at("tokens_per_second"), 300);
  for (const char* name : {"cells_per_second", "memory_bytes", "flop_utilisation", "loss_scale", "skipped"})
    EXPECT_FALSE(lines[0].contains(name)) << name;
  EXPECT_EQ(lines[1].at("kind"), "evaluation");
  EXPECT_EQ(lines[1].at("top5"), 0.5);
}

StepReport full_report() {
  auto full = report(30);
  full.samples = 50;
  full.skipped = 2;
  full.memory_bytes = 3.5 * (1 << 30);
  full.flop_utilisation = 0.25;
  full.loss_scale = 1024;
  return full;
}

TEST(MetricsFile, TellsWhatIsKnownBesides) {
  const testing::TemporaryFolder folder;
  MetricsFile metrics(folder / "metrics.jsonl");
  metrics.on_start({.unit = "tokens", .sample_unit = "cells"});
  metrics.on_step(full_report());
  const auto line = lines_of(folder / "metrics.jsonl").at(0);
  EXPECT_EQ(line.at("cells"), 50);
  EXPECT_EQ(line.at("cells_per_second"), 25);
  EXPECT_EQ(line.at("memory_bytes"), 3758096384.0);
  EXPECT_EQ(line.at("flop_utilisation"), 0.25);
  EXPECT_EQ(line.at("loss_scale"), 1024);
  EXPECT_EQ(line.at("skipped"), 2);
}

TEST(ProgressObserver, TellsWhatIsKnownBesides) {
  testing::RecordingReporter reporter;
  ProgressObserver observer("train", reporter);
  observer.on_start({.total_steps = 100, .unit = "tokens", .sample_unit = "cells"});
  observer.on_step(full_report());
  EXPECT_THAT(reporter.updates.back(), HasSubstr("25 cells/s"));
  EXPECT_THAT(reporter.updates.back(), HasSubstr("3.5 GiB"));
  EXPECT_THAT(reporter.updates.back(), HasSubstr("25% of peak"));
  EXPECT_THAT(reporter.warnings, ::testing::ElementsAre(HasSubstr("2 steps up to step 30 changed nothing")));
}

TEST(MetricsFile, AResumedRunDropsWhatCameAfterItsCheckpoint) {
  const testing::TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  {
    MetricsFile metrics(path);
    metrics.on_start({.unit = "tokens"});
    for (const std::uint64_t step : {10U, 20U, 30U}) metrics.on_step(report(step));
  }
  std::ofstream(path, std::ios::app) << R"({"kind": "train", "st)";  // killed while writing
  MetricsFile metrics(path);
  metrics.on_start({.first_step = 20, .unit = "tokens"});
  metrics.on_step(report(30));
  const auto lines = lines_of(path);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1].at("step"), 20);
  EXPECT_EQ(lines[2].at("step"), 30);
}

TEST(MetricsFile, ANewRunBeginsItAnew) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "metrics.jsonl") << "{\"kind\": \"train\", \"step\": 10}\n";
  MetricsFile metrics(folder / "metrics.jsonl");
  metrics.on_start({.unit = "tokens"});
  EXPECT_TRUE(lines_of(folder / "metrics.jsonl").empty());
}

TEST(ProgressObserver, TellsLossThroughputAndEvaluations) {
  testing::RecordingReporter reporter;
  ProgressObserver observer("train", reporter);
  observer.on_start({.first_step = 20, .total_steps = 100, .steps_per_epoch = 50, .unit = "tokens"});
  observer.on_step(report(30));
  observer.on_evaluation(30, {{"loss", 3.125}});
  observer.on_end(30, true);
  EXPECT_THAT(reporter.stages, ::testing::ElementsAre("train 100 steps"));
  EXPECT_THAT(reporter.updates.back(), HasSubstr("30 loss 2.5"));
  EXPECT_THAT(reporter.updates.back(), HasSubstr("300 tokens/s"));
  EXPECT_THAT(reporter.messages,
              ::testing::ElementsAre(HasSubstr("step 20 of 100"), HasSubstr("loss 3.125")));
  EXPECT_THAT(reporter.warnings, ::testing::ElementsAre(HasSubstr("after step 30")));
}

TEST(ProgressObserver, ARunThatIsDoneHasNoProgressToShow) {
  testing::RecordingReporter reporter;
  ProgressObserver observer("train", reporter);
  observer.on_start({.first_step = 1600, .total_steps = 1600, .unit = "tokens"});
  observer.on_end(1600, false);
  EXPECT_TRUE(reporter.stages.empty());
  EXPECT_THAT(reporter.messages, ::testing::ElementsAre("all 1,600 steps are done already"));
}

}  // namespace
}  // namespace biodta::training
