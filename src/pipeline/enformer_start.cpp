#include "enformer_start.hpp"

#include <biodta/enformer/model_folder.hpp>
#include <biodta/enformer/tracks.hpp>
#include <biodta/support/checksum.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>
#include <biodta/weights/state.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <utility>

namespace biodta::pipeline {
namespace {

/// A size that is neither the default nor that of the weights was meant for another network.
void check_enformer_sizes(const TrainEnformerOptions& options, const enformer::EnformerConfig& of_weights) {
  using Config = enformer::EnformerConfig;
  const enformer::EnformerConfig defaults;
  const std::pair<const char*, std::int64_t Config::*> sizes[] = {
      {"dim", &Config::dim},
      {"depth", &Config::depth},
      {"heads", &Config::heads},
      {"key_size", &Config::key_size},
      {"num_downsamples", &Config::num_downsamples},
      {"dim_divisible_by", &Config::dim_divisible_by},
      {"target_length", &Config::target_length},
      {"window", &Config::window}};
  for (const auto& [name, size] : sizes) {
    const auto found = options.enformer.*size;
    if (found == defaults.*size || found == of_weights.*size) continue;
    throw ConfigError("enformer." + std::string(name) + ": found " + std::to_string(found) +
                          ", but the weights in " + options.weights.string() + " have " +
                          std::to_string(of_weights.*size),
                      "with weights the network is theirs; leave enformer out");
  }
  const std::pair<const char*, double Config::*> rates[] = {{"dropout", &Config::dropout},
                                                            {"attention_dropout", &Config::attention_dropout},
                                                            {"position_dropout", &Config::position_dropout}};
  for (const auto& [name, rate] : rates) {
    const auto found = options.enformer.*rate;
    if (found == defaults.*rate || found == of_weights.*rate) continue;
    throw ConfigError("enformer." + std::string(name) + ": found " + support::format_double(found) +
                          ", but the weights in " + options.weights.string() + " have " +
                          support::format_double(of_weights.*rate),
                      "with weights the network is theirs; leave enformer out");
  }
}

/// Tracks of a head by name, in order; none where no tracks.tsv names them.
std::vector<std::string> names_of_head(const std::filesystem::path& folder, const std::string& head) {
  std::vector<std::string> names;
  if (!std::filesystem::exists(folder / "tracks.tsv")) return names;
  auto tracks = enformer::read_tracks(folder / "tracks.tsv");
  std::sort(tracks.begin(), tracks.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  for (const auto& track : tracks) {
    if (track.head == head) names.push_back(track.name);
  }
  return names;
}

void check_kept_head(const TrainEnformerOptions& options, std::int64_t tracks,
                     const std::vector<std::string>& track_names) {
  if (track_names.empty()) return;
  constexpr const char* kHint = "another name of the head makes a new one beside it";
  if (std::cmp_not_equal(track_names.size(), tracks)) {
    throw ConfigError("head: " + options.head + " of " + options.weights.string() + " has " +
                          std::to_string(tracks) + " tracks, the data have " +
                          std::to_string(track_names.size()),
                      kHint);
  }
  const auto known = names_of_head(options.weights, options.head);
  if (known.size() != track_names.size()) return;
  const auto [theirs, ours] = std::mismatch(known.begin(), known.end(), track_names.begin());
  if (theirs == known.end()) return;
  throw ConfigError("head: track " + std::to_string(theirs - known.begin()) + " of " + options.head + " is " +
                        *theirs + " in " + options.weights.string() + ", but " + *ours + " in the data",
                    kHint);
}

/// The same network with one more head, which is drawn from the seed.
enformer::Enformer with_new_head(const enformer::Enformer& loaded, const TrainEnformerOptions& options,
                                 std::int64_t tracks) {
  auto config = loaded->config();
  config.heads_out.emplace_back(options.head, tracks);
  enformer::Enformer model(config);
  model->initialise(static_cast<std::uint64_t>(options.training.seed));
  const auto prefix = "_heads." + options.head + ".";
  std::vector<std::string> drawn;
  for (const auto& parameter : model->named_parameters()) {
    if (parameter.key().starts_with(prefix)) drawn.push_back(parameter.key());
  }
  weights::load_state(*model, weights::state_of(*loaded), options.weights, drawn);
  if (loaded->gamma_table().defined()) model->set_gamma_table(loaded->gamma_table());
  return model;
}

EnformerStart start_from_weights(const TrainEnformerOptions& options,
                                 const std::vector<std::string>& track_names) {
  auto loaded = enformer::load_enformer(options.weights);
  check_enformer_sizes(options, loaded->config());
  const auto& heads = loaded->config().heads_out;
  const auto found =
      std::find_if(heads.begin(), heads.end(), [&](const auto& head) { return head.first == options.head; });
  EnformerStart start{loaded, "weights of " + options.weights.string() + "; head " + options.head, {}, false};
  start.identity["weights"] = support::file_checksum(enformer::weights_file(options.weights));
  if (found != heads.end()) {
    check_kept_head(options, found->second, track_names);
    start.told += " kept (" + support::counted(static_cast<std::uint64_t>(found->second), "track") + ")";
    return start;
  }
  if (track_names.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, tracks] : heads) names.push_back(name);
    throw ConfigError("head: found " + options.head + ", expected a head of " + options.weights.string() +
                      ": " + support::join_words(names));
  }
  start.head_is_new = true;
  start.model = with_new_head(loaded, options, static_cast<std::int64_t>(track_names.size()));
  start.told += " is new (" + support::counted(track_names.size(), "track") + ", drawn from seed " +
                std::to_string(options.training.seed) + ")";
  return start;
}

}  // namespace

EnformerStart start_enformer(const TrainEnformerOptions& options,
                             const std::vector<std::string>& track_names) {
  if (!options.weights.empty()) return start_from_weights(options, track_names);
  if (track_names.empty())
    throw ConfigError("weights: is not set, expected the folder of an Enformer to fine-tune on donors");
  auto config = options.enformer;
  config.heads_out = {{options.head, static_cast<std::int64_t>(track_names.size())}};
  enformer::Enformer model(config);
  model->initialise(static_cast<std::uint64_t>(options.training.seed));
  return {model, "a new network, drawn from seed " + std::to_string(options.training.seed), {}, true};
}

void write_track_names(const TrainEnformerOptions& options, const std::vector<std::string>& track_names) {
  std::vector<enformer::Track> tracks;
  if (!options.weights.empty() && std::filesystem::exists(options.weights / "tracks.tsv"))
    tracks = enformer::read_tracks(options.weights / "tracks.tsv");
  if (!track_names.empty())
    std::erase_if(tracks, [&](const auto& track) { return track.head == options.head; });
  for (std::size_t i = 0; i < track_names.size(); ++i)
    tracks.push_back({options.head, static_cast<std::int64_t>(i), track_names[i]});
  if (!tracks.empty()) enformer::write_tracks(options.output / "tracks.tsv", tracks);
}

}  // namespace biodta::pipeline
