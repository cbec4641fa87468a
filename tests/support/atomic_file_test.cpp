#include "testing.hpp"

#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <fstream>

namespace biodta::support {
namespace {

namespace fs = std::filesystem;
using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;

void put(const fs::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicPath, AppearsOnlyOnCommit) {
  const TemporaryFolder folder;
  AtomicPath path(folder / "deep/er/a.txt");
  EXPECT_FALSE(fs::exists(path.temporary()));
  put(path.temporary(), "new");
  EXPECT_FALSE(fs::exists(folder / "deep/er/a.txt"));
  path.commit();
  EXPECT_EQ(read_text_file(folder / "deep/er/a.txt"), "new");
  EXPECT_EQ(entries(folder / "deep/er"), 1U);
}

TEST(AtomicPath, LeavesNothingAndTheOldFileWithoutCommit) {
  const TemporaryFolder folder;
  put(folder / "a.txt", "old");
  {
    AtomicPath path(folder / "a.txt");
    put(path.temporary(), "half");
  }
  EXPECT_EQ(read_text_file(folder / "a.txt"), "old");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicPath, ReplacesAFolderWithAllThatIsInIt) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "run/sub");
  put(folder / "run/sub/old.txt", "old");
  AtomicPath path(folder / "run/");
  fs::create_directories(path.temporary() / "model");
  put(path.temporary() / "model/new.txt", "new");
  path.commit();
  EXPECT_EQ(read_text_file(folder / "run/model/new.txt"), "new");
  EXPECT_FALSE(fs::exists(folder / "run/sub"));
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(MayReplace, IsTrueOfEmptyFoldersAndOfThoseWithTheMarkAlone) {
  const TemporaryFolder folder;
  EXPECT_FALSE(may_replace(folder / "absent", "world.yaml"));
  put(folder / "world.yaml", "a file of the very name of the mark");
  EXPECT_FALSE(may_replace(folder / "world.yaml", "world.yaml"));
  fs::create_directory(folder / "empty");
  EXPECT_TRUE(may_replace(folder / "empty", "world.yaml"));
  fs::create_directories(folder / "precious/deeper");
  put(folder / "precious/thesis.txt", "");
  put(folder / "precious/deeper/world.yaml", "");
  EXPECT_FALSE(may_replace(folder / "precious", "world.yaml"));
  fs::create_directory(folder / "own");
  put(folder / "own/world.yaml", "");
  put(folder / "own/cells.h5ad", "");
  EXPECT_TRUE(may_replace(folder / "own", "world.yaml"));
  EXPECT_FALSE(may_replace(folder / "own", "report.html"));
}

TEST(AtomicPath, NeverReplacesAFolderByAFile) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "precious");
  put(folder / "precious/a.txt", "a");
  AtomicPath path(folder / "precious");
  put(path.temporary(), "file");
  expect_error<InputError>([&] { path.commit(); }, {"precious"});
  EXPECT_EQ(read_text_file(folder / "precious/a.txt"), "a");
}

TEST(AtomicPath, RefusesToCommitNothing) {
  const TemporaryFolder folder;
  AtomicPath path(folder / "a.txt");
  expect_error<InputError>([&] { path.commit(); }, {"a.txt", "nothing was written"});
}

TEST(AtomicPath, RemovesWhatACrashLeft) {
  const TemporaryFolder folder;
  fs::path left;
  {
    AtomicPath probe(folder / "a.txt");
    left = probe.temporary();
  }
  put(left, "left by a crash");
  const AtomicPath path(folder / "a.txt");
  EXPECT_FALSE(fs::exists(left));
}

TEST(AtomicPath, SaysWhichFolderCannotBeMade) {
  const TemporaryFolder folder;
  put(folder / "file", "in the way");
  expect_error<InputError>([&] { AtomicPath path(folder / "file/a.txt"); }, {"file"});
}

TEST(RequireWritable, TriesWhatRightsDoNotTell) {
  const TemporaryFolder folder;
  require_writable(folder / "a");
  require_writable(folder / "b/");
  EXPECT_EQ(entries(folder.path()), 0U) << "nothing stays but the folders that were asked for";
  expect_error<InputError>([] { require_writable("/proc/a"); }, {"/proc/a", "cannot be written"});
  expect_error<InputError>([&] { require_writable(folder / std::string(255, 'a')); },
                           {"cannot be written", "long"});
}

TEST(RequireNotRead, KnowsAFileByAnyOfItsNames) {
  const TemporaryFolder folder;
  write_text_file(folder / "in.txt", "x");
  EXPECT_NO_THROW(require_not_read("output", folder / "out.txt", {folder / "in.txt", ""}));
  EXPECT_NO_THROW(require_not_read("output", "", {"", folder / "in.txt"}));
  biodta::testing::expect_error<ConfigError>(
      [&] {
        require_not_read("output", folder.path() / "." / "in.txt", {folder / "other", folder / "in.txt"});
      },
      {"output: found", "in.txt", "input too"});
}

TEST(TextFile, RoundTripsBytes) {
  const TemporaryFolder folder;
  const std::string text("line\r\n\0tail", 11);
  write_text_file(folder / "a", text);
  EXPECT_EQ(read_text_file(folder / "a"), text);
}

TEST(TextFile, SaysWhatIsMissing) {
  const TemporaryFolder folder;
  expect_error<InputError>([&] { read_text_file(folder / "none"); }, {"none", "no such file"});
  expect_error<InputError>([&] { read_text_file(folder.path()); }, {"a folder"});
}

}  // namespace
}  // namespace biodta::support
