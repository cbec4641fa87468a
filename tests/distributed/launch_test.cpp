#include "ranks.hpp"
#include "testing.hpp"

#include <biodta/distributed/launch.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace biodta::distributed {
namespace {

using biodta::testing::expect_error;
using ::testing::HasSubstr;

EnvironmentLookup environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto entry = variables.find(std::string(name));
    return entry == variables.end() ? std::nullopt : std::optional(entry->second);
  };
}

TEST(Launch, NoLauncherGivesNothing) {
  EXPECT_FALSE(membership_of(environment({})));
  // An sbatch script runs with these, and is no rank.
  EXPECT_FALSE(membership_of(environment({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}})));
}

TEST(Launch, TorchrunVariablesAreRead) {
  const auto membership = membership_of(environment({{"RANK", "5"},
                                                     {"WORLD_SIZE", "8"},
                                                     {"LOCAL_RANK", "1"},
                                                     {"LOCAL_WORLD_SIZE", "4"},
                                                     {"MASTER_ADDR", "node7"},
                                                     {"MASTER_PORT", "1234"},
                                                     {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                                     {"TORCHELASTIC_RESTART_COUNT", "2"},
                                                     {"GLOO_SOCKET_IFNAME", "eth1"}}));
  ASSERT_TRUE(membership);
  EXPECT_EQ(membership->rank, 5);
  EXPECT_EQ(membership->world_size, 8);
  EXPECT_EQ(membership->local_rank, 1);
  EXPECT_EQ(membership->local_size, 4);
  EXPECT_EQ(membership->master_address, "node7");
  EXPECT_EQ(membership->master_port, 1234);
  EXPECT_TRUE(membership->store_is_running);
  EXPECT_EQ(membership->store_prefix, "2");
  EXPECT_EQ(membership->network_interface, "eth1");
}

TEST(Launch, SrunVariablesAreRead) {
  const auto membership = membership_of(environment({{"SLURM_PROCID", "3"},
                                                     {"SLURM_STEP_NUM_TASKS", "8"},
                                                     {"SLURM_STEP_NUM_NODES", "2"},
                                                     {"SLURM_LOCALID", "3"},
                                                     {"SLURM_STEP_NODELIST", "gpu[011-012]"},
                                                     {"SLURM_JOB_ID", "1234567"}}));
  ASSERT_TRUE(membership);
  EXPECT_EQ(membership->rank, 3);
  EXPECT_EQ(membership->world_size, 8);
  EXPECT_EQ(membership->local_rank, 3);
  EXPECT_EQ(membership->local_size, 0);
  EXPECT_EQ(membership->master_address, "gpu011");
  EXPECT_EQ(membership->master_port, 15000 + 4567);
  EXPECT_FALSE(membership->store_is_running);
}

TEST(Launch, HalfSetVariablesAreRefusedByName) {
  expect_error<ConfigError>([] { membership_of(environment({{"RANK", "1"}})); }, {"WORLD_SIZE"});
  expect_error<ConfigError>(
      [] {
        membership_of(environment({{"RANK", "one"}, {"WORLD_SIZE", "2"}}));
      },
      {"RANK", "one", "whole number"});
  expect_error<ConfigError>(
      [] {
        membership_of(environment({{"RANK", "2"}, {"WORLD_SIZE", "2"}}));
      },
      {"rank 2 of 2"});
}

TEST(Launch, FirstHostOfANodeList) {
  EXPECT_EQ(first_host("node07"), "node07");
  EXPECT_EQ(first_host("a,b"), "a");
  EXPECT_EQ(first_host("login1,node[01-04]"), "login1");
  EXPECT_EQ(first_host("node[03-05,9],login1"), "node03");
  EXPECT_EQ(first_host("rack[2,4]-node,x"), "rack2-node");
}

TEST(Launch, ARankThatFailsIsNamedWithItsStatus) {
  const biodta::testing::TemporaryFolder folder;
  const auto run = biodta::testing::run_ranks("exit", 2, folder.path());
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.errors, HasSubstr("rank 1 ended with status 3"));
}

TEST(Launch, NoProcessAtAllIsRefused) {
  expect_error<ConfigError>([] { spawn_local(0, std::vector<std::string>{"x"}); }, {"at least 1"});
}

}  // namespace
}  // namespace biodta::distributed
