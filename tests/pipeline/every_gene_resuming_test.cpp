// Every gene of every cell, broken off, gone on with, and shared out.
#include "every_gene_world.hpp"

#include <biodta/support/error.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace biodta::pipeline {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;

TEST_F(EveryGeneTest, GoesOnWhereItWasBrokenOffAndGivesTheSameBytes) {
  run();
  const auto whole = results();
  for (const int updates : {0, 6, 40, 70}) {
    forget_report();
    expect_stopped(updates);
    reporter_.messages.clear();
    run();
    EXPECT_EQ(results(), whole) << updates;
    EXPECT_FALSE(std::filesystem::exists(part()));
    EXPECT_EQ(went_on(), updates >= 40) << updates;
  }
  // Killed twice, and with a record that was half written.
  forget_report();
  expect_stopped(50);
  expect_stopped(30);
  const auto journal = part() / "shard_1_of_1.journal";
  const auto bytes = support::read_text_file(journal);
  support::write_text_file(journal, std::string_view(bytes).substr(0, bytes.size() - 11));
  run();
  EXPECT_EQ(results(), whole);
}

TEST_F(EveryGeneTest, InShardsGivesTheSameBytesWhicheverEndsLast) {
  run();
  const auto whole = results();
  forget_report();
  std::string last;
  for (const char* shard : {"2/3", "3/3", "1/3"}) {
    EXPECT_FALSE(std::filesystem::exists(folder_ / "report"));
    options_.shard = shard;
    last = run().tables;
    if (std::string(shard) == "2/3") {
      EXPECT_THAT(last, HasSubstr("shards 1/3 and 3/3 are not there yet"));
    }
  }
  EXPECT_THAT(last, HasSubstr("moves cells most"));
  EXPECT_EQ(results(), whole);
  EXPECT_FALSE(std::filesystem::exists(part()));
}

TEST_F(EveryGeneTest, OfMoreShardsThanChunksLeavesSomeWithNothingToDo) {
  run();
  const auto whole = results();
  forget_report();
  std::string last;
  for (int shard = 9; shard >= 1; --shard) {
    options_.shard = std::to_string(shard) + "/9";
    last = run().tables;
  }
  EXPECT_THAT(last, HasSubstr("shard 1/9 has no cells"));
  EXPECT_EQ(results(), whole);
}

TEST_F(EveryGeneTest, RefusesWhatAnotherJobLeftUnlessItIsToBeReplaced) {
  expect_stopped(60);
  options_.perturbation = GenePerturbation::kMask;
  expect_error<InputError>(
      [&] { run(); }, {"shard_1_of_1.journal", "perturbation delete", "perturbation mask", "--overwrite"});
  options_.perturbation = GenePerturbation::kDelete;
  options_.cells.max_cells = 50;
  expect_error<InputError>([&] { run(); }, {"cells 203,", "cells 50,"});
  options_.cells.max_cells = 0;
  options_.shard = "1/2";
  expect_error<InputError>([&] { run(); }, {"shard_1_of_1.journal", "shared out otherwise", "2 shards"});
  options_.shard.clear();
  options_.perturbation = GenePerturbation::kMask;
  options_.overwrite = true;
  run();
  EXPECT_THAT(support::read_text_file(folder_ / "report/config.yaml"), HasSubstr("perturbation: mask"));
  EXPECT_FALSE(std::filesystem::exists(part()));
}

TEST_F(EveryGeneTest, ReplacesNothingThatAnotherProcessWrites) {
  expect_stopped(60);
  const auto journal = part() / "shard_1_of_1.journal";
  const auto bytes = support::read_text_file(journal);
  options_.shard = "1/2";
  options_.overwrite = true;
  const int held = ::open(journal.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(held, 0);
  ASSERT_EQ(::flock(held, LOCK_EX | LOCK_NB), 0);
  expect_error<InputError>([&] { run(); }, {"shard_1_of_1.journal", "another process writing to it"});
  EXPECT_EQ(support::read_text_file(journal), bytes);
  ::close(held);
  EXPECT_THAT(run().tables, HasSubstr("shard 2/2 is not there yet"));
  EXPECT_FALSE(std::filesystem::exists(journal));
}

TEST_F(EveryGeneTest, DoesNotEndAsDoneWithoutItsJournal) {
  const auto journal = part() / "shard_1_of_1.journal";
  ActsAfterBatches deletes(60, [&] { std::filesystem::remove(journal); });
  expect_error<InputError>([&] { mutagenesis(options_, deletes, "cpu"); },
                           {"shard_1_of_1.journal", "less than this run wrote", "run the shard again"});
  ActsAfterBatches shortens(
      60, [&] { std::filesystem::resize_file(journal, std::filesystem::file_size(journal) - 11); });
  expect_error<InputError>([&] { mutagenesis(options_, shortens, "cpu"); }, {"less than this run wrote"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report"));
}

TEST_F(EveryGeneTest, CountsAnotherJobsShardAsMissingWhereItIsToBeReplaced) {
  options_.overwrite = true;
  options_.perturbation = GenePerturbation::kMask;
  run();
  const auto whole = results();
  forget_report();
  options_.perturbation = GenePerturbation::kDelete;
  options_.shard = "1/2";
  run();
  options_.perturbation = GenePerturbation::kMask;
  options_.shard = "2/2";
  options_.overwrite = false;
  expect_error<InputError>([&] { run(); }, {"shard_1_of_2.journal", "perturbation delete", "--overwrite"});
  options_.overwrite = true;
  EXPECT_THAT(run().tables, HasSubstr("shard 1/2 is not there yet"));
  options_.shard = "1/2";
  EXPECT_THAT(run().tables, HasSubstr("moves cells most"));
  EXPECT_EQ(results(), whole);
  EXPECT_FALSE(std::filesystem::exists(part()));
}

TEST_F(EveryGeneTest, TakesAnOutputWithATrailingSlash) {
  run();
  const auto whole = results();
  forget_report();
  options_.output = (folder_ / "report").string() + "/";
  expect_stopped(60);
  EXPECT_TRUE(std::filesystem::exists(part() / "shard_1_of_1.journal"));
  EXPECT_EQ(run().report, folder_ / "report/report.html");
  EXPECT_EQ(results(), whole);
  EXPECT_FALSE(std::filesystem::exists(part()));
}

TEST_F(EveryGeneTest, KeepsAReportThatIsThere) {
  run();
  expect_error<ConfigError>([&] { run(); }, {"report", "--overwrite"});
}

}  // namespace
}  // namespace biodta::pipeline
