#include "line_run.hpp"
#include "testing.hpp"

#include <biodta/support/error.hpp>

#include <ATen/autocast_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace biodta::training {
namespace {

using testing::LineRun;
using testing::LineTask;
using testing::weights_of;

/// 65536 of a mean loss, for the eight points of a step.
constexpr double kInitial = 8192;

/// A LineTask whose gradients, times the scale that it begins with, float16 can hold.
struct GentleTask : LineTask {
  explicit GentleTask(std::int64_t micro_batches = 1) : LineTask(micro_batches) { loss_factor = 1.0 / 64; }
};

TrainingOptions half_options(std::int64_t steps, std::int64_t log_every) {
  return {.max_steps = steps, .log_every = log_every, .precision = Precision::kFloat16};
}

TEST(LossScaling, Float16LearnsWhatFloat32LearnsAndLeavesParametersInFloat32) {
  for (const std::int64_t micro_batches : {1, 2}) {
    GentleTask half(micro_batches);
    GentleTask exact(micro_batches);
    auto options = half_options(20, 20);
    options.gradient_accumulation = micro_batches;
    LineRun run(half, options);
    run.go();
    options.precision = Precision::kFloat32;
    LineRun reference(exact, options);
    reference.go();
    EXPECT_FALSE(at::autocast::is_autocast_enabled(torch::kCPU));
    EXPECT_EQ(half.line()->linear->weight.scalar_type(), torch::kFloat32);
    EXPECT_NE(weights_of(half), weights_of(exact));
    EXPECT_THAT(weights_of(half), ::testing::Pointwise(::testing::DoubleNear(0.01), weights_of(exact)));
    const auto& told = run.observer.reports.at(0);
    EXPECT_EQ(told.loss_scale, kInitial);
    EXPECT_EQ(told.skipped, 0U);
    // Unscaled: of the gradients as they are, not times the scale.
    EXPECT_NEAR(told.gradient_norm, reference.observer.reports.at(0).gradient_norm,
                0.05 * told.gradient_norm);
    EXPECT_EQ(reference.observer.reports.at(0).loss_scale, 0.0);
  }
}

TEST(LossScaling, AnOverflowIsSkippedAndHalvesTheScale) {
  GentleTask task(2);
  task.overflowing_step = 2;
  auto options = half_options(5, 5);
  options.gradient_accumulation = 2;
  LineRun run(task, options);  // non_finite is `stop`: an overflow is no reason to
  run.go();
  EXPECT_EQ(run.observer.reports.at(0).skipped, 1U);
  EXPECT_EQ(run.observer.reports.at(0).loss_scale, kInitial / 2);
  // The other four steps, in float32, are those of a task of which the third is left out.
  GentleTask left_out(2);
  left_out.broken_step = 2;
  options.precision = Precision::kFloat32;
  options.non_finite = NonFinite::kSkip;
  LineRun(left_out, options).go();
  EXPECT_THAT(weights_of(task), ::testing::Pointwise(::testing::DoubleNear(0.01), weights_of(left_out)));
}

TEST(LossScaling, ALossThatIsNoNumberStopsTheRunAllTheSame) {
  GentleTask task;
  task.overflowing_step = 0;  // comes first, and is not what is told
  task.broken_step = 2;
  testing::expect_error<Error>([&] { LineRun(task, half_options(10, 5)).go(); },
                               {"the loss", "step 3", "points 0/2/0"});
}

TEST(LossScaling, TheScaleDoublesAfterTwoThousandGoodSteps) {
  GentleTask task;
  LineRun run(task, half_options(2001, 1999));
  run.go();
  ASSERT_EQ(run.observer.reports.size(), 2U);
  EXPECT_EQ(run.observer.reports[0].loss_scale, kInitial);
  EXPECT_EQ(run.observer.reports[1].loss_scale, 2 * kInitial);
}

TEST(LossScaling, AResumedRunHasTheScaleOfOneNeverStoppedAndItsParametersBitByBit) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  const auto options = half_options(12, 4);
  GentleTask never;
  never.overflowing_step = 2;
  LineRun uninterrupted(never, options);
  uninterrupted.go();
  GentleTask first;
  first.overflowing_step = 2;
  LineRun(first, half_options(5, 4), &store).go();
  EXPECT_EQ(read_checkpoint(folder / "step-5").loop.at("loss_scale"), kInitial / 2);
  EXPECT_EQ(read_checkpoint(folder / "step-5").loop.at("loss_scale_good_steps"), 2.0);
  GentleTask second;
  second.overflowing_step = 2;
  LineRun resumed(second, options, &store);
  resumed.go();
  EXPECT_EQ(weights_of(second), weights_of(never));
  EXPECT_EQ(resumed.observer.reports.back().loss_scale, kInitial / 4);
  EXPECT_EQ(uninterrupted.observer.reports.back().loss_scale, kInitial / 4);
}

}  // namespace
}  // namespace biodta::training
