#include "embed_job.hpp"

#include <biodta/support/checksum.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/tsv.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace biodta::pipeline {
namespace {

/// Raised when records come to mean something else.
constexpr const char* kRecordFormat = "1";

/// Settings that may change between runs of one job: where files lie, whose checksums say what is in them;
/// how it is gone on with; genes left out, which are written down one by one; how rows are stored in the end.
/// The tracks are said apart, as they were found.
constexpr std::array<std::string_view, 13> kNotOfTheJob = {
    "genome",      "annotation", "sequences",   "weights",   "vcf",    "output",   "targets",
    "predictions", "restart",    "unknown_dna", "precision", "tracks", "overwrite"};

/// Lines of nested YAML as "section.key" and value.
embedding::JobIdentity flat_settings(const std::string& yaml) {
  embedding::JobIdentity flat;
  std::vector<std::string> sections;
  for (const std::string_view line : support::split(yaml, '\n')) {
    const auto indent = line.find_first_not_of(' ');
    const auto colon = line.find(':');
    if (indent == std::string_view::npos || colon == std::string_view::npos) continue;
    sections.resize(std::min(sections.size(), indent / 2));
    const std::string key(line.substr(indent, colon - indent));
    const auto value = support::trim(line.substr(colon + 1));
    if (value.empty()) {
      sections.push_back(key);
      continue;
    }
    std::string path;
    for (const auto& section : sections) path += section + ".";
    flat.emplace_back(path + key, std::string(value));
  }
  return flat;
}

std::string checksum_of(const std::filesystem::path& path) {
  return path.empty() ? "none" : support::file_checksum(path);
}

std::string readout_text(const enformer::SequenceEmbedderOptions& options) {
  std::string text = "mean over bins of the Enformer's final pointwise output";
  if (options.tokens_per_gene > 1)
    text += ", in " + std::to_string(options.tokens_per_gene) + " runs of bins";
  if (options.bins_per_token > 0) text += ", " + std::to_string(options.bins_per_token) + " bins a run";
  if (options.reverse_complement) text += ", over both strands";
  if (!options.shifts.empty()) text += ", over shifts";
  return text;
}

const std::string& value_in(const embedding::JobIdentity& job, std::string_view name) {
  return std::find_if(job.begin(), job.end(), [&](const auto& entry) { return entry.first == name; })->second;
}

}  // namespace

embedding::JobIdentity job_of(const EmbedOptions& options, const std::string& model_checksum,
                              std::span<const enformer::Track> tracks) {
  embedding::JobIdentity job = {
      {"record format", kRecordFormat},
      {"genome", checksum_of(options.genome)},
      {"annotation", checksum_of(options.annotation)},
      {"sequences", checksum_of(options.sequences)},
      {"variants", checksum_of(options.vcf)},
      {"weights", model_checksum},
      {"weights' config.json", checksum_of(options.weights / "config.json")},
  };
  for (auto& setting : flat_settings(support::write_options(options))) {
    const bool counts =
        std::find(kNotOfTheJob.begin(), kNotOfTheJob.end(), setting.first) == kNotOfTheJob.end();
    if (counts) job.push_back(std::move(setting));
  }
  std::string chosen;
  for (const auto& track : tracks)
    chosen += (chosen.empty() ? "" : "; ") + std::to_string(track.index) + " " + track.name;
  job.emplace_back("tracks", chosen.empty() ? "none" : chosen);
  return job;
}

embedding::Provenance provenance_of(const EmbedOptions& options, const embedding::JobIdentity& job,
                                    std::int64_t window) {
  embedding::Provenance provenance = {{"window", std::to_string(window)},
                                      {"model_checksum", value_in(job, "weights")},
                                      {"readout", readout_text(options.embedder)}};
  const auto name_file = [&](const std::string& key, const std::filesystem::path& path, const char* entry) {
    if (path.empty()) return;
    provenance[key] = path.filename().string();
    provenance[key + "_checksum"] = value_in(job, entry);
  };
  name_file("genome", options.genome, "genome");
  name_file("annotation", options.annotation, "annotation");
  name_file("sequences", options.sequences, "sequences");
  name_file("variants", options.vcf, "variants");
  if (!options.tracks.empty()) provenance["tracks"] = value_in(job, "tracks");
  if (options.sequences.empty()) provenance["tss_policy"] = genome::to_string(options.genes.tss);
  EmbedOptions shared = options;  // what all shards of a job have in common
  shared.output.clear();
  shared.predictions.clear();
  shared.shard.clear();
  shared.restart = false;
  shared.overwrite = false;
  provenance["options"] = support::write_options(shared);
  if (!options.shard.empty()) provenance[kShardAttribute] = options.shard;
  return provenance;
}

std::filesystem::path journal_of(const std::filesystem::path& output) {
  auto path = output;
  path += ".part";
  return path;
}

}  // namespace biodta::pipeline
