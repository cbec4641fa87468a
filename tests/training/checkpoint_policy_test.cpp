#include "line_run.hpp"
#include "testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace biodta::training {
namespace {

using ::testing::ElementsAre;
using testing::LineRun;
using testing::LineTask;

std::vector<std::string> saved_in(const CheckpointStore& store) {
  std::vector<std::string> names;
  for (const auto& folder : store.list()) names.push_back(folder.filename().string());
  return names;
}

TEST(CheckpointPolicy, TheClockAsksForOneBesidesTheSteps) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 0);
  LineTask task;
  // Less time than a step can take, so that each step saves.
  LineRun often(task, {.max_steps = 4, .checkpoint_every = 0, .checkpoint_minutes = 1e-12}, &store);
  often.go();
  EXPECT_THAT(often.observer.saved, ElementsAre(1, 2, 3, 4));
  LineTask other;
  LineRun seldom(other,
                 {.max_steps = 4, .checkpoint_every = 3, .checkpoint_minutes = 60, .resume = Resume::kNever},
                 &store);
  seldom.go();
  EXPECT_THAT(seldom.observer.saved, ElementsAre(3, 4));
}

TEST(CheckpointPolicy, TheBestEvaluationIsKeptAndSurvivesAResume) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 1);
  TrainingOptions options{.max_steps = 8, .evaluate_every = 2, .checkpoint_every = 3, .keep_last = 1};
  LineTask task;
  task.held_out_losses = {3.0, 1.0, 2.0, 4.0};
  LineRun run(task, options, &store);
  run.go();
  EXPECT_THAT(run.observer.saved, ElementsAre(2, 3, 4, 6, 8));
  EXPECT_THAT(saved_in(store), ElementsAre("step-8", "step-4"));
  ASSERT_TRUE(store.best());
  EXPECT_EQ(store.best()->step, 4U);
  EXPECT_EQ(store.best()->loss, 1.0);

  // Better than what came last, but not than the best.
  options.max_steps = 12;
  LineTask second;
  second.held_out_losses = {1.5};
  LineRun resumed(second, options, &store);
  resumed.go();
  EXPECT_THAT(resumed.observer.saved, ElementsAre(9, 12));
  EXPECT_THAT(saved_in(store), ElementsAre("step-12", "step-4"));

  LineTask third;
  third.held_out_losses = {5.0};
  options.resume = Resume::kNever;
  LineRun anew(third, options, &store);
  anew.go();
  EXPECT_EQ(store.best()->step, 2U);
  EXPECT_THAT(saved_in(store), ElementsAre("step-12", "step-2"));
}

TEST(CheckpointPolicy, WithoutKeepBestEvaluationsSaveNothing) {
  const testing::TemporaryFolder folder;
  CheckpointStore store(folder.path(), 1);
  LineTask task;
  task.held_out_losses = {3.0, 1.0, 2.0};
  LineRun run(task, {.max_steps = 6, .evaluate_every = 2, .checkpoint_every = 0, .keep_best = false}, &store);
  run.go();
  EXPECT_THAT(run.observer.saved, ElementsAre(6));
  EXPECT_FALSE(store.best());
}

}  // namespace
}  // namespace biodta::training
