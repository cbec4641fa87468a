#include "ranks.hpp"
#include "testing.hpp"

#include <biodta/distributed/communicator.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace biodta::distributed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Communicator, AloneLeavesEverythingAsItIs) {
  const auto ranks = make_communicator({}, torch::kCPU);
  EXPECT_EQ(ranks->size(), 1);
  EXPECT_TRUE(ranks->is_first());
  auto tensor = torch::tensor({1.5, 2.5});
  ranks->all_reduce_sum(tensor);
  EXPECT_EQ(tensor[1].item<double>(), 2.5);
  EXPECT_EQ(ranks->sum(0.25), 0.25);
  EXPECT_EQ(ranks->process_group(), nullptr);
}

TEST(Communicator, ImpossibleRanksAreRefused) {
  biodta::testing::expect_error<ConfigError>(
      [] { make_communicator({.rank = 2, .world_size = 2}, torch::kCPU); }, {"rank 2 of 2"});
}

TEST(Communicator, ThreeRanksSumAndShareByHand) {
  const biodta::testing::TemporaryFolder folder;
  const auto run = biodta::testing::run_ranks("collectives", 3, folder.path());
  ASSERT_EQ(run.exit_code, 0) << run.errors;
  for (int rank = 0; rank < 3; ++rank) {
    // (1 + 2 + 3, 0 + 10 + 20), rank 0's 7 7 and 3, rank 2's 20, then 0.25 + 1.25 + 2.25, and three ranks.
    EXPECT_THAT(biodta::testing::values_of_rank(folder.path(), rank),
                ElementsAre(6, 30, 7, 7, 3, 20, 3.75, 3));
  }
}

TEST(Communicator, ARankThatIsKilledIsNamedAndItsPeersEnd) {
  const biodta::testing::TemporaryFolder folder;
  const auto run = biodta::testing::run_ranks("killed", 3, folder.path());
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.errors, HasSubstr("rank 1 was killed by signal 9"));
}

TEST(Communicator, ARankThatHangsIsNamedWithinTheTimeOut) {
  const biodta::testing::TemporaryFolder folder;
  const auto run = biodta::testing::run_ranks("hung", 3, folder.path());
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.errors, HasSubstr("of 3: all-reduce failed: rank 1 did not answer: "));
  EXPECT_THAT(run.errors, Not(HasSubstr("rank 0 did not")));
  EXPECT_THAT(run.errors, Not(HasSubstr("rank 2 did not")));
}

}  // namespace
}  // namespace biodta::distributed
