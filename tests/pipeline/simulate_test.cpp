#include "testing.hpp"

#include <biodta/pipeline/simulate.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace biodta::pipeline {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TemporaryFolder;

SimulateOptions small_world(const fs::path& output, std::int64_t seed = 1) {
  SimulateOptions options;
  options.output = output;
  options.world.seed = seed;
  options.world.cells.count = 30;
  options.world.loci.count = 3;
  return options;
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(Simulate, WritesAWorldWhoseOwnConfigMakesItAgain) {
  const TemporaryFolder folder;
  simulate(small_world(folder / "world", 5), support::silent_reporter());
  SimulateOptions again;
  support::read_options(again, folder / "world/world.yaml");
  EXPECT_EQ(again.world.seed, 5);
  again.output = folder / "again";
  simulate(again, support::silent_reporter());
  for (const auto& entry : fs::directory_iterator(folder / "world")) {
    const fs::path name = entry.path().filename();
    EXPECT_EQ(support::read_text_file(entry.path()), support::read_text_file(folder / "again" / name))
        << name;
  }
}

TEST(Simulate, AnExistingFolderIsLeftAloneUnlessAWorldIsToBeOverwritten) {
  const TemporaryFolder folder;
  SimulateOptions options = small_world(folder / "world", 1);
  simulate(options, support::silent_reporter());
  const std::string first = support::read_text_file(folder / "world/genome.fa");
  options.world.seed = 2;
  expect_error<ConfigError>([&] { simulate(options, support::silent_reporter()); },
                            {"output", "exists", "new folder", "--overwrite"});
  EXPECT_EQ(support::read_text_file(folder / "world/genome.fa"), first);
  options.overwrite = true;
  simulate(options, support::silent_reporter());
  EXPECT_NE(support::read_text_file(folder / "world/genome.fa"), first);
}

TEST(Simulate, OverwritingTakesNoFolderThatIsNoWorld) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "thesis");
  std::ofstream(folder / "thesis/chapter1.txt") << "years of work";
  SimulateOptions options = small_world(folder / "thesis");
  options.overwrite = true;
  expect_error<ConfigError>([&] { simulate(options, support::silent_reporter()); },
                            {"thesis", "no simulated world"});
  EXPECT_EQ(support::read_text_file(folder / "thesis/chapter1.txt"), "years of work");
  fs::create_directory(folder / "empty");
  options.output = folder / "empty";
  simulate(options, support::silent_reporter());
  EXPECT_TRUE(fs::exists(folder / "empty/cells.h5ad"));
}

TEST(Simulate, SettingsThatCannotBeUsedLeaveNothingBehind) {
  const TemporaryFolder folder;
  SimulateOptions options = small_world(folder / "world");
  options.world.donors.count = 6;
  expect_error<ConfigError>([&] { simulate(options, support::silent_reporter()); },
                            {"donors.held_out", "found 6"});
  EXPECT_EQ(entries(folder.path()), 0U);
  expect_error<ConfigError>([&] { simulate(small_world({}), support::silent_reporter()); },
                            {"output", "--output"});
}

}  // namespace
}  // namespace biodta::pipeline
