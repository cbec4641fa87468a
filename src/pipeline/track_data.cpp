#include "measurement_table.hpp"

#include <biodta/genome/fasta.hpp>
#include <biodta/pipeline/track_data.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

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

void read_binned_tracks(const std::filesystem::path& sequences, const std::filesystem::path& tracks,
                        training::TrackData& data) {
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
}

/// @param names  of the loci, in the order of data.sequences.
void read_window_sums(const std::filesystem::path& sequences, const std::filesystem::path& tracks,
                      const std::vector<std::string>& names, training::TrackData& data) {
  auto table = read_measurements(tracks, "sequence", "track");
  std::unordered_map<std::string_view, std::size_t> rows;
  for (std::size_t row = 0; row < table.rows.size(); ++row) rows.emplace(table.rows[row], row);
  const auto width = table.columns.size();
  for (const auto& name : names) {
    const auto found = rows.find(name);
    if (found == rows.end())
      throw InputError(tracks, "", "no line for " + name, "one for every record of " + sequences.string());
    const auto first = table.values.begin() + static_cast<std::ptrdiff_t>(found->second * width);
    data.values.insert(data.values.end(), first, first + static_cast<std::ptrdiff_t>(width));
    rows.erase(found);
  }
  if (!rows.empty()) {
    const auto& stray = table.rows[rows.begin()->second];
    const auto near = support::nearest_names(stray, names);
    throw InputError(tracks, "sequence " + stray, "no such record", "a record of " + sequences.string(),
                     near.empty() ? "" : "did you mean " + support::join_words(near) + "?");
  }
  data.track_names = std::move(table.columns);
  data.bins = 1;
}

bool is_hdf5(const std::filesystem::path& path) {
  constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
  std::string start(kSignature.size(), '\0');
  std::ifstream(path, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size()));
  return start == kSignature;
}

}  // namespace

training::TrackData read_track_data(const std::filesystem::path& sequences,
                                    const std::filesystem::path& tracks,
                                    const training::TssReadoutOptions& readout) {
  training::TrackData data;
  std::vector<std::string> names;
  for (auto& record : genome::read_fasta(sequences)) {
    data.sequences.push_back(std::move(record.sequence));
    names.push_back(std::move(record.name));
  }
  if (is_hdf5(tracks)) {
    read_binned_tracks(sequences, tracks, data);
  } else {
    read_window_sums(sequences, tracks, names, data);
    data.readout = readout;
    // All tracks are learned; which of them mean a gene's expression is not asked here.
    data.readout->tracks = {0};
  }
  return data;
}

}  // namespace biodta::pipeline
