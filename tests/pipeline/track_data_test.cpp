#include "testing.hpp"

#include <biodta/genome/fasta.hpp>
#include <biodta/pipeline/track_data.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
