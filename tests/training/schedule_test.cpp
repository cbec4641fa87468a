#include "testing.hpp"

#include <biodta/support/error.hpp>
#include <biodta/training/schedule.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace biodta::training {
namespace {

TEST(Schedule, LinearRisesAndFallsInStraightLines) {
  const Schedule schedule({.kind = ScheduleKind::kLinear, .warmup_steps = 4}, 14);
  EXPECT_DOUBLE_EQ(schedule.factor(0), 0.25);
  EXPECT_DOUBLE_EQ(schedule.factor(2), 0.75);
  EXPECT_DOUBLE_EQ(schedule.factor(3), 1.0);
  EXPECT_DOUBLE_EQ(schedule.factor(4), 1.0);
  EXPECT_DOUBLE_EQ(schedule.factor(9), 0.5);
  EXPECT_DOUBLE_EQ(schedule.factor(13), 0.1);
  EXPECT_DOUBLE_EQ(schedule.factor(14), 0.0);
  EXPECT_DOUBLE_EQ(schedule.factor(1000), 0.0);
}

TEST(Schedule, CosineIsHalfACosineDownToItsFloor) {
  const Schedule schedule({.kind = ScheduleKind::kCosine, .warmup_steps = 10, .final_fraction = 0.2}, 110);
  for (const std::uint64_t step : {10U, 35U, 60U, 109U}) {
    const double x = (static_cast<double>(step) - 10.0) / 100.0;
    EXPECT_NEAR(schedule.factor(step), 0.2 + 0.8 * (1 + std::cos(std::numbers::pi * x)) / 2, 1e-12);
  }
}

TEST(Schedule, ConstantStaysAfterTheWarmUp) {
  const Schedule schedule({.kind = ScheduleKind::kConstant, .warmup_steps = 2}, 5);
  EXPECT_DOUBLE_EQ(schedule.factor(0), 0.5);
  EXPECT_DOUBLE_EQ(schedule.factor(4), 1.0);
}

TEST(Schedule, WarmUpMayBeAFractionOfTheRun) {
  EXPECT_EQ(Schedule({.warmup_fraction = 0.1}, 2600).warmup_steps(), 260U);
  EXPECT_EQ(Schedule({.warmup_steps = 7, .warmup_fraction = 0.1}, 2600).warmup_steps(), 7U);
}

TEST(Schedule, AWarmUpLongerThanTheRunIsRefused) {
  testing::expect_error<ConfigError>([] { Schedule({.warmup_steps = 11}, 10); },
                                     {"schedule.warmup_steps", "11", "10 steps"});
}

}  // namespace
}  // namespace biodta::training
