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

const std::vector<Track> kKnown = {{"human", 0, "DNASE:heart"},
                                   {"human", 1, "CAGE:heart, adult"},
                                   {"human", 2, "CAGE:Cardiac Myocyte"},
                                   {"human", 3, "DNASE:heart"},
                                   {"mouse", 0, "CAGE:heart, adult"}};

std::vector<std::int64_t> chosen(const std::vector<std::string>& wanted, const std::string& head = "human",
                                 std::int64_t count = 5) {
  std::vector<std::int64_t> indices;
  for (const auto& track : choose_tracks(kKnown, head, count, wanted)) {
    EXPECT_EQ(track.head, head);
    indices.push_back(track.index);
  }
  return indices;
}

TEST(Tracks, are_chosen_by_index_name_and_pattern_each_once_in_the_order_asked) {
  using Indices = std::vector<std::int64_t>;
  EXPECT_EQ(chosen({"2", "0"}), (Indices{2, 0}));
  EXPECT_EQ(chosen({"4"}), (Indices{4}));  // has no name
  EXPECT_EQ(chosen({"CAGE:Cardiac Myocyte"}), (Indices{2}));
  EXPECT_EQ(chosen({"cage:cardiac myocyte, "}), (Indices{2}));
  EXPECT_EQ(chosen({"DNASE:heart"}), (Indices{0, 3}));
  EXPECT_EQ(chosen({"3", "*heart*"}), (Indices{3, 0, 1}));
  EXPECT_EQ(chosen({"CAGE:*"}), (Indices{1, 2}));
  EXPECT_EQ(chosen({"*"}), (Indices{0, 1, 2, 3}));
  EXPECT_EQ(chosen({"CAGE:heart? adult"}), (Indices{1}));
  EXPECT_EQ(chosen({"*a?ult"}), (Indices{1}));  // the star must try more than one place
  EXPECT_EQ(chosen({"*heart*"}, "mouse", 1), (Indices{0}));
}

TEST(Tracks, that_are_not_there_are_refused_with_near_names) {
  expect_error<ConfigError>([] { chosen({"CAGE:Cardiac Myocite"}); },
                            {"Myocite", "did you mean CAGE:Cardiac Myocyte?"});
  expect_error<ConfigError>([] { chosen({"myocyte"}); }, {"did you mean CAGE:Cardiac Myocyte?"});
  expect_error<ConfigError>([] { chosen({"CAGE:*liver*"}); }, {"CAGE:*liver*", "DNASE:heart"});
  expect_error<ConfigError>([] { chosen({"5"}); }, {"found 5", "below the 5 of head human"});
  expect_error<ConfigError>([] { choose_tracks({}, "human", 5, std::vector<std::string>{"CAGE:x"}); },
                            {"no names are known"});
  expect_error<ConfigError>([] { chosen({"5400"}, "mouse", 1643); }, {"5400", "track 87 of the head"});
}

TEST(Tracks, of_basenjis_lists_are_numbered_within_their_head) {
  const TemporaryFolder folder;
  const std::string head = "index\tgenome\tidentifier\tfile\tclip\tscale\tsum_stat\tdescription\n";
  support::write_text_file(folder / "t.txt",
                           head + "5115\t0\tCNhs12341\tx\t384\t1\tsum\tCAGE:Cardiac Myocyte,\n" +
                               "5320\t1\tENC\tx\t32\t2\tmean\tDNASE:liver\n");
  const auto tracks = read_targets(folder / "t.txt");
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_EQ(tracks[0].head, "human");
  EXPECT_EQ(tracks[0].index, 5115);
  EXPECT_EQ(tracks[0].name, "CAGE:Cardiac Myocyte");
  EXPECT_EQ(tracks[1].head, "mouse");
  EXPECT_EQ(tracks[1].index, 7);
  support::write_text_file(folder / "t.txt", head + "12\t1\tENC\tx\t32\t2\tmean\tDNASE:liver\n");
  expect_error<InputError>([&] { read_targets(folder / "t.txt"); }, {"t.txt", "row 1", "12"});
  support::write_text_file(folder / "t.txt", head + "1\tmm10\tENC\tx\t32\t2\tmean\tDNASE:liver\n");
  expect_error<InputError>([&] { read_targets(folder / "t.txt"); }, {"genome mm10", "0 (human)"});
}

/// The published list, against the indices that are known of it.
TEST(Tracks, of_the_published_human_list_are_found_by_name) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("enformer/targets_human.txt");
  const auto tracks = read_targets(*biodta::testing::test_data() / "enformer/targets_human.txt");
  ASSERT_EQ(tracks.size(), 5313U);
  const auto indices = [&](const std::string& wanted) {
    std::vector<std::int64_t> found;
    for (const auto& track : choose_tracks(tracks, "human", 5313, std::vector<std::string>{wanted}))
      found.push_back(track.index);
    return found;
  };
  EXPECT_EQ(indices("CAGE:Cardiac Myocyte"), std::vector<std::int64_t>{5115});
  const auto cage = indices("CAGE:*");
  EXPECT_EQ(cage.size(), 638U);
  EXPECT_EQ(cage.front(), 4675);
  EXPECT_EQ(cage.back(), 5312);
  EXPECT_EQ(indices("dnase:*").size(), 674U);
}

}  // namespace
}  // namespace biodta::enformer
