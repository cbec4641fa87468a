#include "line_run.hpp"
#include "testing.hpp"

#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>

#include <cmath>
#include <vector>

namespace biodta::training {
namespace {

using ::testing::HasSubstr;
using testing::LineRun;
using testing::LineTask;
using ::testing::Not;
using testing::weights_of;

TEST(NonFinite, ASkippedStepEqualsALoopThatLeavesItOut) {
  LineTask by_hand;
  auto& line = by_hand.line();
  FusedAdam optimizer(*line, {.learning_rate = testing::kRate, .weight_decay = 0.0});
  double summed = 0;
  for (const std::uint64_t step : {0U, 1U, 3U, 4U}) {
    const auto [x, y] = LineTask::data(0, step);
    line->zero_grad();
    const auto loss = (line(x) - y).pow(2).mean();
    loss.backward();
    summed += loss.item<double>();
    optimizer.step(testing::kRate, {});
  }
  for (const bool gradient_alone : {false, true}) {
    LineTask task;
    (gradient_alone ? task.steep_step : task.broken_step) = 2;
    LineRun run(task, {.max_steps = 5, .clip_norm = 0, .log_every = 5, .non_finite = NonFinite::kSkip});
    const auto outcome = run.go();
    EXPECT_EQ(outcome.skipped, 1U);
    EXPECT_THAT(weights_of(task), ::testing::Pointwise(::testing::DoubleNear(1e-6), weights_of(by_hand)));
    ASSERT_EQ(run.observer.reports.size(), 1U);
    EXPECT_EQ(run.observer.reports[0].skipped, 1U);
    EXPECT_NEAR(run.observer.reports[0].loss, summed / 4, 1e-5);
    EXPECT_EQ(run.observer.reports[0].units, 40);
  }
}

TEST(NonFinite, StoppingLeavesTheParametersOfBeforeAndNamesStepAndMicroBatchAndCheckpoint) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  LineTask task(2);
  task.broken_step = 3;
  task.broken_micro_batch = 1;
  LineRun run(task, {.max_steps = 20, .gradient_accumulation = 2, .checkpoint_every = 2, .log_every = 7},
              &store);
  const auto message = testing::expect_error<Error>(
      [&] { run.go(); },
      {"the loss", "no longer a finite number", "step 4", "rank 0", "micro-batch 1", "points 0/3/1",
       (folder / "step-2").string(), "learning_rate", "training.non_finite=skip"});
  // The checkpoint of step 4 would have come first: nothing was written.
  ASSERT_EQ(store.list().size(), 1U);
  LineTask before(2);
  LineRun(before, {.max_steps = 3, .gradient_accumulation = 2}).go();
  EXPECT_EQ(weights_of(task), weights_of(before));
}

TEST(NonFinite, StoppingKeepsTheParametersOfBeforeThroughTheStepsUpToTheLogLine) {
  LineTask task;
  task.broken_step = 2;
  testing::expect_error<Error>([&] { LineRun(task, {.max_steps = 10, .log_every = 5}).go(); },
                               {"step 3", "points 0/2/0"});
  LineTask before;
  LineRun(before, {.max_steps = 2}).go();
  EXPECT_EQ(weights_of(task), weights_of(before));
}

TEST(NonFinite, AGradientThatIsNoNumberIsToldApartFromALoss) {
  LineTask task;
  task.steep_step = 1;
  const auto message = testing::expect_error<Error>(
      [&] { LineRun(task, {.max_steps = 10, .log_every = 5}).go(); }, {"the gradient", "step 2"});
  EXPECT_THAT(message, Not(HasSubstr("points")));
}

TEST(NonFinite, SeveralBadMicroBatchesAreCounted) {
  LineTask task(4);
  task.broken_step = 1;
  testing::expect_error<Error>(
      [&] { LineRun(task, {.max_steps = 10, .gradient_accumulation = 4, .log_every = 5}).go(); },
      {"step 2", "in 4 of 4 micro-batches"});
}

TEST(NonFinite, TooManySkippedStepsEndTheRun) {
  // One an epoch of five steps, so two between two log lines.
  LineTask task;
  task.broken_step = 2;
  TrainingOptions options{.max_steps = 20, .log_every = 10, .non_finite = NonFinite::kSkip, .max_skipped = 2};
  EXPECT_EQ(LineRun(task, options).go().skipped, 4U);
  LineTask again;
  again.broken_step = 2;
  options.max_skipped = 1;
  testing::expect_error<Error>([&] { LineRun(again, options).go(); },
                               {"2 steps were skipped up to step 10", "training.max_skipped (1)", "step 3"});
  // Two in a row are never between two log lines here.
  LineTask broken;
  broken.always_broken = true;
  options.log_every = 1;
  testing::expect_error<Error>([&] { LineRun(broken, options).go(); }, {"2 steps were skipped up to step 2"});
}

TEST(NonFinite, ARunResumedAfterASkippedStepEqualsOneNeverStopped) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  const TrainingOptions options{.max_steps = 9, .log_every = 5, .non_finite = NonFinite::kSkip};
  LineTask never;
  never.broken_step = 2;
  LineRun uninterrupted(never, options);
  uninterrupted.go();
  LineTask first;
  first.broken_step = 2;
  auto part = options;
  part.checkpoint_every = 4;
  const std::atomic<bool> stop{false};
  LineRun(first, part, &store).go();
  LineTask second;
  second.broken_step = 2;
  auto rest = options;
  rest.resume_from = folder / "step-4";
  LineRun resumed(second, rest);
  resumed.go();
  EXPECT_EQ(weights_of(second), weights_of(never));
  ASSERT_EQ(resumed.observer.reports.size(), 2U);
  EXPECT_EQ(resumed.observer.reports[0].skipped, 1U);
  EXPECT_EQ(resumed.observer.reports[0].loss, uninterrupted.observer.reports[0].loss);
}

TEST(NonFinite, ACheckpointIsNeverWrittenOfParametersThatAreNotFinite) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  LineTask task;
  {
    const torch::NoGradGuard no_grad;
    task.line()->linear->bias.fill_(std::numeric_limits<float>::infinity());
  }
  testing::expect_error<Error>(
      [&] { LineRun(task, {.max_steps = 2, .log_every = 2, .non_finite = NonFinite::kSkip}, &store).go(); },
      {"linear.bias is no longer finite", "step 2"});
  EXPECT_TRUE(store.list().empty());
}

/// A task whose forward pass changes running statistics.
class NormTask : public Task {
 public:
  torch::nn::Module& module() override { return *norm_; }
  torch::Device device() const override { return torch::kCPU; }
  std::uint64_t steps_per_epoch() const override { return 10; }
  std::string_view unit() const override { return "rows"; }
  void start_epoch(std::uint64_t, std::uint64_t) override {}
  MicroBatchLoss forward(std::uint64_t step, std::int64_t) override {
    auto x = torch::arange(8, torch::kFloat32).view({4, 2}) + static_cast<double>(step);
    if (step == 1) x = x * std::numeric_limits<float>::quiet_NaN();
    return {norm_->forward(x).square().sum(), 4, 4};
  }
  Metrics evaluate(distributed::Communicator&) override { return {}; }

  torch::nn::BatchNorm1d& norm() { return norm_; }

 private:
  torch::nn::BatchNorm1d norm_{2};
};

TEST(NonFinite, RunningStatisticsAreOfBeforeASkippedStep) {
  NormTask task;
  const auto ranks = distributed::make_communicator({}, torch::kCPU);
  FusedAdam optimizer(task.module(), {});
  const Schedule schedule({}, 3);
  const TrainingOptions options{.max_steps = 3, .non_finite = NonFinite::kSkip};
  Trainer({.task = task, .optimizer = optimizer, .schedule = schedule, .ranks = *ranks}, options, 1e-3).run();
  // By the definition, momentum 0.1: the columns' means are 3, 4 at step 0 and 5, 6 at step 2.
  const auto& mean = task.norm()->running_mean;
  EXPECT_NEAR(mean[0].item<double>(), 0.9 * 0.3 + 0.1 * 5, 1e-6);
  EXPECT_NEAR(mean[1].item<double>(), 0.9 * 0.4 + 0.1 * 6, 1e-6);
  EXPECT_TRUE(std::isfinite(task.norm()->running_var[0].item<double>()));
}

}  // namespace
}  // namespace biodta::training
