#include <biodta/enformer/tracks.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <charconv>
#include <set>
#include <utility>

namespace biodta::enformer {
namespace {

/// The whole field as an index, or -1.
std::int64_t parse_index(const std::string& field) {
  std::int64_t index = -1;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), index);
  return error == std::errc() && end == field.data() + field.size() ? index : -1;
}

}  // namespace

std::vector<Track> read_tracks(const std::filesystem::path& path) {
  const auto table = support::read_table(path);
  const auto head = table.column("head"), index = table.column("index"), name = table.column("name");
  std::vector<Track> tracks;
  std::set<std::pair<std::string, std::int64_t>> seen;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& fields = table.rows[row];
    const auto place = "row " + std::to_string(row + 1);
    tracks.push_back({fields[head], parse_index(fields[index]), fields[name]});
    if (tracks.back().index < 0)
      throw InputError(path, place, "index \"" + fields[index] + "\"", "a track's index");
    if (!seen.emplace(tracks.back().head, tracks.back().index).second) {
      throw InputError(path, place, "index " + fields[index] + " of head " + fields[head] + " again",
                       "each track once");
    }
  }
  return tracks;
}

void write_tracks(const std::filesystem::path& path, std::span<const Track> tracks) {
  support::Table table{path, {"head", "index", "name"}, {}};
  for (const auto& track : tracks)
    table.rows.push_back({track.head, std::to_string(track.index), track.name});
  support::write_table(table);
}

std::int64_t track_index(std::span<const Track> tracks, std::string_view head, std::string_view name) {
  std::vector<std::string> known;
  for (const auto& track : tracks) {
    if (track.head != head) continue;
    if (track.name == name) return track.index;
    known.push_back(track.name);
  }
  const auto near = support::nearest_names(name, known);
  throw ConfigError("head " + std::string(head) + " has no track \"" + std::string(name) + "\"",
                    near.empty() ? "" : "did you mean " + support::join_words(near) + "?");
}

}  // namespace biodta::enformer
