#include <biodta/enformer/tracks.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <cctype>
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

/// Rows of targets_mouse.txt are numbered on from those of targets_human.txt.
constexpr std::int64_t kFirstMouseRow = 5313;

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return result;
}

/// Descriptions of basenji's lists end in ", " where the sample had no donor.
std::string_view without_last_comma(std::string_view name) {
  name = support::trim(name);
  if (name.ends_with(',')) name.remove_suffix(1);
  return support::trim(name);
}

/// Whole-text match of `*` and `?`: after a failure it goes on from the last star, which takes one letter
/// more.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

/// Names of the head that look like the one that was asked for.
std::string near_tracks(std::span<const Track> known, std::string_view head, const std::string& wanted) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> names;
  for (const auto& track : known)
    if (track.head == head) names.push_back(track.name);
  if (names.empty()) return "no names are known: give indices, or a list of targets";
  auto near = support::nearest_names(wanted, names, kShown);
  std::string part = lower_case(wanted);
  std::erase_if(part, [](char letter) { return letter == '*' || letter == '?'; });
  for (const auto& name : names) {
    if (near.size() == kShown) break;
    const bool is_new = std::find(near.begin(), near.end(), name) == near.end();
    if (!part.empty() && is_new && lower_case(name).find(part) != std::string::npos) near.push_back(name);
  }
  if (!near.empty()) return "did you mean " + support::join_words(near) + "?";
  return "its names look like " + names.front() + " and " + names.back();
}

Track track_of_index(std::span<const Track> known, std::string_view head, std::int64_t count,
                     std::int64_t index) {
  if (index >= count) {
    const bool is_row = head == "mouse" && index >= kFirstMouseRow && index - kFirstMouseRow < count;
    throw ConfigError("tracks: found " + std::to_string(index) + ", expected an index below the " +
                          std::to_string(count) + " of head " + std::string(head),
                      is_row ? "rows of targets_mouse.txt begin at 5313: track " +
                                   std::to_string(index - kFirstMouseRow) + " of the head"
                             : "");
  }
  for (const auto& track : known)
    if (track.head == head && track.index == index) return track;
  return {std::string(head), index, ""};
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

std::vector<Track> read_targets(const std::filesystem::path& path) {
  const auto table = support::read_table(path);
  const auto index = table.column("index"), genome = table.column("genome"),
             description = table.column("description");
  std::vector<Track> tracks;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& fields = table.rows[row];
    const auto place = "row " + std::to_string(row + 1);
    if (fields[genome] != "0" && fields[genome] != "1")
      throw InputError(path, place, "genome " + fields[genome], "0 (human) or 1 (mouse)");
    const bool mouse = fields[genome] == "1";
    const auto in_head = parse_index(fields[index]) - (mouse ? kFirstMouseRow : 0);
    if (in_head < 0) throw InputError(path, place, "index \"" + fields[index] + "\"", "a track's index");
    tracks.push_back(
        {mouse ? "mouse" : "human", in_head, std::string(without_last_comma(fields[description]))});
  }
  return tracks;
}

std::vector<Track> choose_tracks(std::span<const Track> known, std::string_view head, std::int64_t count,
                                 std::span<const std::string> wanted) {
  std::vector<Track> chosen;
  std::set<std::int64_t> seen;
  const auto take = [&](const Track& track) {
    if (seen.insert(track.index).second) chosen.push_back(track);
  };
  for (const auto& text : wanted) {
    if (const auto index = parse_index(text); index >= 0) {
      take(track_of_index(known, head, count, index));
      continue;
    }
    const std::string pattern = lower_case(without_last_comma(text));
    bool found = false;
    for (const auto& track : known) {
      if (track.head != head || track.index >= count || !fits(pattern, lower_case(track.name))) continue;
      take(track);
      found = true;
    }
    if (!found) {
      throw ConfigError("tracks: found \"" + text +
                            "\", expected an index, a name or a pattern of names of head " +
                            std::string(head),
                        near_tracks(known, head, text));
    }
  }
  return chosen;
}

}  // namespace biodta::enformer
