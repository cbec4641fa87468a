#include "line_run.hpp"
#include "testing.hpp"

#include <biodta/support/error.hpp>
#include <biodta/training/trainer.hpp>

#include <ATen/autocast_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace biodta::training {
namespace {

using ::testing::ElementsAre;
using testing::kRate;
using testing::LineRun;
using testing::LineTask;
using testing::weights_of;

TEST(Trainer, DoesWhatALoopByHandDoes) {
  LineTask task;
  LineRun run(task, {.max_steps = 7, .clip_norm = 0.5, .log_every = 7});
  EXPECT_EQ(run.go().steps, 7U);

  LineTask by_hand;
  auto& line = by_hand.line();
  FusedAdam optimizer(*line, {.learning_rate = kRate, .weight_decay = 0.0});
  double summed = 0;
  for (std::uint64_t step = 0; step < 7; ++step) {
    const auto [x, y] = LineTask::data(step / 5, step % 5);
    line->zero_grad();
    const auto loss = (line(x) - y).pow(2).mean();
    loss.backward();
    summed += loss.item<double>();
    const double norm = gradient_norm(line->parameters()).item<double>();
    if (norm > 0.5) {
      for (auto& parameter : line->parameters()) parameter.mutable_grad() *= 0.5 / norm;
    }
    optimizer.step(kRate, {});
  }
  EXPECT_THAT(weights_of(task), ::testing::Pointwise(::testing::DoubleNear(1e-5), weights_of(by_hand)));
  ASSERT_EQ(run.observer.reports.size(), 1U);
  EXPECT_NEAR(run.observer.reports[0].loss, summed / 7, 1e-5);
  EXPECT_EQ(run.observer.reports[0].units, 56);
  EXPECT_EQ(run.observer.reports[0].epoch, 1U);
  EXPECT_THAT(task.epochs, ElementsAre(0, 1));
}

TEST(Trainer, MicroBatchesOfAStepEqualOneBatch) {
  LineTask whole(1);
  LineTask split(4);
  LineRun(whole, {.max_steps = 6}).go();
  LineRun(split, {.max_steps = 6, .gradient_accumulation = 4}).go();
  EXPECT_THAT(weights_of(split), ::testing::Pointwise(::testing::DoubleNear(1e-5), weights_of(whole)));
}

TEST(Trainer, AnEmptyMicroBatchCountsForNothing) {
  LineTask half(2);
  half.empty = {1};
  LineRun(half, {.max_steps = 1, .gradient_accumulation = 2, .clip_norm = 0, .log_every = 1}).go();
  LineTask by_hand;
  auto& line = by_hand.line();
  const auto [x, y] = LineTask::data(0, 0);
  FusedAdam optimizer(*line, {.learning_rate = kRate, .weight_decay = 0.0});
  (line(x.narrow(0, 0, 4)) - y.narrow(0, 0, 4)).pow(2).mean().backward();
  optimizer.step(kRate, {});
  EXPECT_THAT(weights_of(half), ::testing::Pointwise(::testing::DoubleNear(1e-6), weights_of(by_hand)));
}

TEST(Trainer, LogsEvaluatesAndSavesAtTheStepsNamed) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  LineTask task;
  LineRun run(task, {.epochs = 2, .evaluate_every = 4, .checkpoint_every = 6, .log_every = 5}, &store);
  const auto outcome = run.go();
  EXPECT_EQ(outcome.steps, 10U);
  EXPECT_FALSE(outcome.stopped);
  EXPECT_TRUE(outcome.evaluation.contains("weight"));
  EXPECT_THAT(run.observer.evaluated, ElementsAre(4, 8, 10));
  EXPECT_THAT(run.observer.saved, ElementsAre(6, 10));
  ASSERT_EQ(run.observer.reports.size(), 2U);
  EXPECT_EQ(run.observer.reports[0].step, 5U);
  EXPECT_THAT(run.observer.ends, ElementsAre(std::pair<std::uint64_t, bool>(10, false)));
  EXPECT_TRUE(task.module().is_training());
}

TEST(Trainer, AStoppedAndResumedRunEqualsOneNeverStoppedBitByBit) {
  const testing::TemporaryFolder folder;
  const TrainingOptions options{.epochs = 3, .evaluate_every = 4, .checkpoint_every = 0, .log_every = 4};
  LineTask never(2, 0.3);
  TrainingOptions accumulating = options;
  accumulating.gradient_accumulation = 2;
  LineRun uninterrupted(never, accumulating);
  uninterrupted.go();

  // Stops in the middle of an epoch and of a log line's window.
  CheckpointStore store(folder.path(), 2);
  LineTask first(2, 0.3);
  TrainingOptions half = accumulating;
  half.max_steps = 7;
  LineRun(first, half, &store).go();
  LineTask second(2, 0.3);
  LineRun resumed(second, accumulating, &store);
  resumed.go();
  EXPECT_EQ(resumed.observer.starts.at(0).first_step, 7U);
  EXPECT_THAT(second.epochs, ElementsAre(1, 2));
  EXPECT_THAT(second.first_steps, ElementsAre(2, 0));
  EXPECT_EQ(weights_of(second), weights_of(never));
  // The first log line after resuming covers steps 5 to 8, the last lines are equal.
  ASSERT_EQ(resumed.observer.reports.size(), 3U);
  for (std::size_t i = 1; i < 3; ++i) {
    const auto& ours = resumed.observer.reports.at(i);
    const auto& theirs = uninterrupted.observer.reports.at(i + 1);
    EXPECT_EQ(ours.step, theirs.step);
    EXPECT_EQ(ours.loss, theirs.loss);
    EXPECT_EQ(ours.gradient_norm, theirs.gradient_norm);
  }
}

TEST(Trainer, AskedToStopItSavesAndEndsAndGoesOnBitByBit) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 2);
  const TrainingOptions options{.epochs = 2, .checkpoint_every = 0, .log_every = 4};
  LineTask never(1, 0.2);
  LineRun uninterrupted(never, options);
  uninterrupted.go();

  LineTask stopped_task(1, 0.2);
  const std::atomic<bool> stop{true};
  LineRun stopped(stopped_task, options, &store);
  stopped.stop = &stop;
  const auto outcome = stopped.go();
  EXPECT_TRUE(outcome.stopped);
  EXPECT_EQ(outcome.steps, 1U);
  EXPECT_TRUE(outcome.evaluation.empty());
  EXPECT_THAT(stopped.observer.saved, ElementsAre(1));

  LineTask second(1, 0.2);
  LineRun resumed(second, options, &store);
  EXPECT_FALSE(resumed.go().stopped);
  EXPECT_EQ(weights_of(second), weights_of(never));
  ASSERT_EQ(resumed.observer.reports.size(), uninterrupted.observer.reports.size());
  for (std::size_t i = 0; i < resumed.observer.reports.size(); ++i) {
    EXPECT_EQ(resumed.observer.reports[i].loss, uninterrupted.observer.reports[i].loss);
  }
}

TEST(Trainer, NeverResumingStartsAnew) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  LineTask first;
  LineRun(first, {.max_steps = 6, .checkpoint_every = 2}, &store).go();
  LineTask second;
  LineRun anew(second, {.max_steps = 4, .resume = Resume::kNever}, &store);
  anew.go();
  EXPECT_EQ(anew.observer.starts.at(0).first_step, 0U);
  ASSERT_EQ(store.list().size(), 1U);
  EXPECT_EQ(store.list()[0].filename(), "step-4");
}

TEST(Trainer, ANewFolderBeginsFromANamedCheckpointAndThenGoesOnFromItsOwn) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder / "old", 0), own(folder / "new", 0);
  LineTask first;
  LineRun(first, {.max_steps = 6, .checkpoint_every = 2}, &store).go();
  const TrainingOptions options{.max_steps = 8, .checkpoint_every = 3, .resume_from = folder / "old/step-2"};
  LineTask second;
  LineRun begun(second, options, &own);
  begun.go();
  EXPECT_EQ(begun.observer.starts.at(0).first_step, 2U);
  LineTask third;  // the same command once more, as a queue gives it
  LineRun again(third, options, &own);
  again.go();
  EXPECT_EQ(again.observer.starts.at(0).first_step, 8U);
  EXPECT_EQ(own.list().front().filename(), "step-8");
  EXPECT_EQ(store.list().size(), 3U);
}

TEST(Trainer, ACheckpointOfAnotherSeedIsRefused) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  LineTask first;
  LineRun(first, {.max_steps = 2, .checkpoint_every = 2, .seed = 1}, &store).go();
  LineTask second;
  testing::expect_error<CheckpointError>([&] { LineRun(second, {.max_steps = 4, .seed = 2}, &store).go(); },
                                         {"training.seed 1, expected 2"});
}

TEST(Trainer, ACheckpointOfALongerRunIsRefused) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  LineTask first;
  LineRun(first, {.max_steps = 6}, &store).go();
  LineTask second;
  testing::expect_error<CheckpointError>([&] { LineRun(second, {.max_steps = 3}, &store).go(); },
                                         {"step-6", "6 steps done", "3"});
}

TEST(Trainer, Bfloat16LeavesParametersInFloat32AndAutocastOff) {
  LineTask task;
  LineTask exact;
  LineRun(task, {.max_steps = 5, .precision = Precision::kBfloat16}).go();
  LineRun(exact, {.max_steps = 5}).go();
  EXPECT_FALSE(at::autocast::is_autocast_enabled(torch::kCPU));
  EXPECT_EQ(task.line()->linear->weight.scalar_type(), torch::kFloat32);
  EXPECT_NE(weights_of(task), weights_of(exact));
  EXPECT_THAT(weights_of(task), ::testing::Pointwise(::testing::DoubleNear(0.02), weights_of(exact)));
}

TEST(Trainer, StepsOfARun) {
  EXPECT_EQ(total_steps({.epochs = 3}, 40), 120U);
  EXPECT_EQ(total_steps({.epochs = 3, .max_steps = 7}, 40), 7U);
}

}  // namespace
}  // namespace biodta::training
