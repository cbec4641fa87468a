#include "line_task.hpp"

#include <biodta/training/task.hpp>

#include <gtest/gtest.h>

namespace biodta::training {
namespace {

TEST(Task, ByDefaultKeepsNothingAndPromisesNothing) {
  testing::LineTask task;
  EXPECT_TRUE(task.state().values.empty());
  EXPECT_TRUE(task.state().tensors.empty());
  EXPECT_FALSE(task.uses_every_parameter());
  EXPECT_NO_THROW(task.load_state({.tensors = {}, .values = {{"anything", "at all"}}}));
}

TEST(Task, AnEmptySlotHasNoLoss) {
  const MicroBatchLoss loss;
  EXPECT_FALSE(loss.sum.defined());
  EXPECT_EQ(loss.count, 0.0);
}

}  // namespace
}  // namespace biodta::training
