#pragma once
/// @file
/// Names of an Enformer's output tracks: `tracks.tsv` beside its weights, columns `head`, `index`, `name`.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::enformer {

struct Track {
  std::string head;
  std::int64_t index = 0;  ///< in the head, 0-based
  std::string name;
};

/// Throws InputError on a row that is no track, and on an index seen twice in a head.
std::vector<Track> read_tracks(const std::filesystem::path& path);
/// Atomic.
void write_tracks(const std::filesystem::path& path, std::span<const Track> tracks);
/// Index of the track of a head by its name. Throws ConfigError, naming near ones, when there is none.
std::int64_t track_index(std::span<const Track> tracks, std::string_view head, std::string_view name);

}  // namespace biodta::enformer
