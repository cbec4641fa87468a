#pragma once
/// @file
/// Names of an Enformer's output tracks: `tracks.tsv` beside its weights, columns `head`, `index`, `name`, or
/// the published lists of basenji (`targets_human.txt`, `targets_mouse.txt`).

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

/// Reads basenji's targets_human.txt or targets_mouse.txt: `index` is the row's index in its head, which for
/// the mouse is 5313 less than the file says; names are the descriptions without the comma that many end in.
/// Throws InputError on a row that is no track.
std::vector<Track> read_targets(const std::filesystem::path& path);

/// The tracks of a head that were asked for, in that order, each once: by index, by name, or by a pattern of
/// names with `*` (any text) and `?` (any character), capitals or not; a name or pattern takes every track
/// that it fits. Indices need no names.
/// @param known   of any heads, perhaps none.
/// @param count   tracks that the head has.
/// Throws ConfigError, naming near ones, for what fits no track.
std::vector<Track> choose_tracks(std::span<const Track> known, std::string_view head, std::int64_t count,
                                 std::span<const std::string> wanted);

}  // namespace biodta::enformer
