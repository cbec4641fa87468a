#include "testing.hpp"

#include <biodta/genome/fasta.hpp>
#include <biodta/pipeline/track_data.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::TemporaryFolder;

void write_tracks_file(const std::filesystem::path& path, std::vector<std::uint64_t> shape,
                       const std::vector<float>& values, const std::vector<std::string>& names) {
  auto file = support::hdf5::File::create(path);
  file.create_dataset("tracks", support::hdf5::ElementType::kFloat32, shape)
      .write_all(std::span<const float>(values));
  file.create_strings("track_names", names);
  file.close();
}

TEST(TrackData, is_read_in_the_order_of_the_files) {
  const TemporaryFolder folder;
  genome::write_fasta(folder / "loci.fa", {{"a", "", "ACGT"}, {"b", "", "GGGG"}});
  write_tracks_file(folder / "tracks.h5", {2, 3, 1}, {0, 1, 2, 3, 4, 5}, {"CAGE"});
  const auto data = read_track_data(folder / "loci.fa", folder / "tracks.h5");
  EXPECT_THAT(data.sequences, ElementsAre("ACGT", "GGGG"));
  EXPECT_THAT(data.track_names, ElementsAre("CAGE"));
  EXPECT_EQ(data.bins, 3);
  EXPECT_THAT(data.values, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(TrackData, of_a_text_table_is_one_value_a_window_by_the_records_names) {
  const TemporaryFolder folder;
  genome::write_fasta(folder / "loci.fa", {{"a", "", "ACGT"}, {"b", "", "GGGG"}});
  std::ofstream(folder / "tracks.tsv") << "sequence\tCAGE\tDNase\nb\t3\t0.25\na\t1e2\t0\n";
  const auto data = read_track_data(folder / "loci.fa", folder / "tracks.tsv", {{4}, 7});
  EXPECT_THAT(data.track_names, ElementsAre("CAGE", "DNase"));
  EXPECT_EQ(data.bins, 1);
  EXPECT_THAT(data.values, ElementsAre(100, 0, 3, 0.25F));
  ASSERT_TRUE(data.readout.has_value());
  EXPECT_EQ(data.readout->bins, 7);
}

TEST(TrackData, refuses_text_tables_by_line_and_column) {
  const TemporaryFolder folder;
  genome::write_fasta(folder / "loci.fa", {{"first", "", "ACGT"}, {"second", "", "GGGG"}});
  const auto refused = [&](const std::string& text, std::initializer_list<std::string_view> parts) {
    std::ofstream(folder / "tracks.tsv") << text;
    expect_error<InputError>([&] { read_track_data(folder / "loci.fa", folder / "tracks.tsv"); }, parts);
  };
  refused("s\tCAGE\nfirst\t1\nsecond\t-2\n",
          {"tracks.tsv", "line 3", "sequence second", "track CAGE", "\"-2\""});
  refused("s\tCAGE\nfirst\t1\nsecond\tnan\n", {"\"nan\""});
  refused("s\tCAGE\nfirst\t1\nsecond\t\n", {"\"\""});
  refused("s\tCAGE\nfirst\t1\nsecond\t1\t2\n", {"line 3", "3 fields", "2"});
  refused("s\tCAGE\nfirst\t1\n", {"no line for second", "loci.fa"});
  refused("s\tCAGE\nfirst\t1\nsecond\t1\nfirts\t1\n", {"firts", "did you mean first"});
  refused("s\nfirst\nsecond\n", {"one column"});
  refused("", {"nothing"});
}

TEST(TrackData, refuses_files_that_do_not_belong_together) {
  const TemporaryFolder folder;
  genome::write_fasta(folder / "loci.fa", {{"a", "", "ACGT"}, {"b", "", "GGGG"}});
  const auto refused = [&](std::initializer_list<std::string_view> parts) {
    expect_error<InputError>([&] { read_track_data(folder / "loci.fa", folder / "tracks.h5"); }, parts);
  };
  write_tracks_file(folder / "tracks.h5", {3, 2, 1}, {0, 1, 2, 3, 4, 5}, {"CAGE"});
  refused({"tracks.h5", "3 loci", "2", "loci.fa"});
  write_tracks_file(folder / "tracks.h5", {2, 3}, {0, 1, 2, 3, 4, 5}, {"CAGE"});
  refused({"2 dimensions"});
  write_tracks_file(folder / "tracks.h5", {2, 3, 1}, {0, 1, 2, 3, 4, 5}, {"CAGE", "ATAC"});
  refused({"track_names", "2 names"});
  write_tracks_file(folder / "tracks.h5", {2, 1, 3}, {0, 1, 2, 3, -0.5, 5}, {"A", "B", "C"});
  refused({"locus 1, bin 0, track B", "-0.5"});
}

}  // namespace
}  // namespace biodta::pipeline
