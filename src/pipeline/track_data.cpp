#include <biodta/genome/fasta.hpp>
#include <biodta/pipeline/track_data.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace biodta::pipeline {
namespace {

void check_values(const training::TrackData& data, const std::filesystem::path& path) {
  const auto bad = std::find_if(data.values.begin(), data.values.end(),
                                [](float value) { return !(std::isfinite(value) && value >= 0); });
  if (bad == data.values.end()) return;
  const auto offset = static_cast<std::size_t>(bad - data.values.begin());
  const auto tracks = data.track_names.size(), bins = static_cast<std::size_t>(data.bins);
  throw InputError(path,
                   "tracks, locus " + std::to_string(offset / (tracks * bins)) + ", bin " +
                       std::to_string(offset / tracks % bins) + ", track " +
                       data.track_names[offset % tracks],
                   support::format_double(*bad), "a finite number of 0 or more");
}

}  // namespace

training::TrackData read_track_data(const std::filesystem::path& sequences,
                                    const std::filesystem::path& tracks) {
  training::TrackData data;
  for (auto& record : genome::read_fasta(sequences)) data.sequences.push_back(std::move(record.sequence));
  const auto file = support::hdf5::File::open(tracks);
  const auto values = file.dataset("tracks");
  const auto shape = values.shape();
  if (shape.size() != 3) {
    throw InputError(tracks, "tracks", std::to_string(shape.size()) + " dimensions", "[loci, bins, tracks]");
  }
  if (shape[0] != data.sequences.size() || shape[0] == 0) {
    throw InputError(tracks, "tracks", std::to_string(shape[0]) + " loci",
                     "the " + std::to_string(data.sequences.size()) + " of " + sequences.string());
  }
  data.bins = static_cast<std::int64_t>(shape[1]);
  data.track_names = file.dataset("track_names").read_strings();
  if (data.track_names.size() != shape[2]) {
    throw InputError(tracks, "track_names", std::to_string(data.track_names.size()) + " names",
                     "one for each of " + std::to_string(shape[2]) + " tracks");
  }
  data.values = values.read_all<float>();
  check_values(data, tracks);
  return data;
}

}  // namespace biodta::pipeline
