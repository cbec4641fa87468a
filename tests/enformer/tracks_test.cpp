#include "testing.hpp"

#include <biodta/enformer/tracks.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

namespace biodta::enformer {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;

TEST(Tracks, round_trip_and_are_found_by_name_within_their_head) {
  const TemporaryFolder folder;
  const std::vector<Track> tracks = {
      {"human", 0, "CAGE:heart"}, {"human", 1, "CHIP:GATA4"}, {"mouse", 0, "CHIP:GATA4"}};
  write_tracks(folder / "tracks.tsv", tracks);
  const auto read = read_tracks(folder / "tracks.tsv");
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(track_index(read, "human", "CHIP:GATA4"), 1);
  EXPECT_EQ(track_index(read, "mouse", "CHIP:GATA4"), 0);
  expect_error<ConfigError>([&] { track_index(read, "human", "CHIP:GATA5"); },
                            {"human", "CHIP:GATA5", "CHIP:GATA4"});
}

TEST(Tracks, refuse_a_damaged_table) {
  const TemporaryFolder folder;
  support::write_text_file(folder / "tracks.tsv", "head\tindex\tname\nhuman\tone\tCAGE\n");
  expect_error<InputError>([&] { read_tracks(folder / "tracks.tsv"); }, {"tracks.tsv", "row 1", "one"});
  support::write_text_file(folder / "tracks.tsv", "head\tindex\tname\nhuman\t1\tA\nhuman\t1\tB\n");
  expect_error<InputError>([&] { read_tracks(folder / "tracks.tsv"); }, {"row 2", "again"});
}

}  // namespace
}  // namespace biodta::enformer
