#include <biodta/cells/corpus.hpp>
#include <biodta/cells/obs_schema.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace biodta::pipeline {
namespace {

using support::with_thousands;

constexpr std::uint64_t kCellsPerMerge = 8192;

void check(const std::vector<std::filesystem::path>& inputs, const std::filesystem::path& output) {
  if (inputs.empty()) throw ConfigError("inputs: found none, expected corpora to merge");
  if (output.empty()) throw ConfigError("output: found nothing, expected the corpus file to write");
  std::set<std::filesystem::path> seen;
  std::error_code ignored;
  for (const auto& path : inputs) {
    if (!seen.insert(std::filesystem::weakly_canonical(path, ignored)).second)
      throw ConfigError("inputs: found " + path.string() + " twice, expected each once");
    support::require_not_read("output", output, {path});
  }
  support::require_writable(output);
}

void require_same_vocabulary(const cells::Corpus& corpus, const cells::Vocabulary& vocabulary,
                             const std::filesystem::path& first) {
  if (corpus.vocabulary() == vocabulary) return;
  throw InputError(
      corpus.path(), "vocabulary",
      with_thousands(corpus.vocabulary().gene_count()) + " genes that differ in id, order or median",
      "the " + with_thousands(vocabulary.gene_count()) + " of " + first.string(),
      "corpora can be merged that were made with one vocabulary");
}

/// Adds up what the shards of one job, or several jobs, say of themselves.
class ProvenanceSum {
 public:
  void add(const cells::CorpusProvenance& part) {
    add_sources(part);
    if (options_.insert(part.options).second) {
      if (!sum_.options.empty()) sum_.options += "---\n";
      sum_.options += part.options;
    }
    sum_.cells_read += part.cells_read;
    for (std::size_t i = 0; i < part.filter_names.size(); ++i) {
      const auto known = std::find(sum_.filter_names.begin(), sum_.filter_names.end(), part.filter_names[i]);
      const auto at = static_cast<std::size_t>(known - sum_.filter_names.begin());
      if (known == sum_.filter_names.end()) {
        sum_.filter_names.push_back(part.filter_names[i]);
        sum_.filter_dropped.push_back(0);
      }
      sum_.filter_dropped[at] += part.filter_dropped.at(i);
    }
  }
  const cells::CorpusProvenance& sum() const noexcept { return sum_; }

 private:
  /// A file that lies in two shards is named by both.
  void add_sources(const cells::CorpusProvenance& part) {
    for (std::size_t i = 0; i < part.sources.size(); ++i) {
      const std::string checksum = i < part.checksums.size() ? part.checksums[i] : "";
      const bool again = i == 0 && !sum_.sources.empty() && sum_.sources.back() == part.sources[i] &&
                         sum_.checksums.back() == checksum;
      if (again) continue;
      sum_.sources.push_back(part.sources[i]);
      sum_.checksums.push_back(checksum);
    }
  }

  cells::CorpusProvenance sum_;
  std::set<std::string> options_;
};

/// Every corpus is opened one at a time, since a job may have thousands of shards.
class Merger {
 public:
  explicit Merger(const std::vector<std::filesystem::path>& inputs) : inputs_(inputs) {
    for (const auto& path : inputs) {
      const cells::Corpus corpus = cells::Corpus::open(path);
      if (!vocabulary_) vocabulary_ = corpus.vocabulary();
      require_same_vocabulary(corpus, *vocabulary_, inputs.front());
      schema_.add(corpus.obs_fields(), path);
      provenance_.add(corpus.provenance());
      cells_ += corpus.cell_count();
    }
    unite_mixed();
  }

  TokenizeResult write(const std::filesystem::path& output, support::Reporter& reporter) {
    cells::CorpusWriter writer(output, *vocabulary_, schema_.fields());
    {
      const auto progress = reporter.start("merge", cells_, "cells");
      for (const auto& path : inputs_) add(cells::Corpus::open(path), writer, *progress);
    }
    TokenizeResult result;
    result.cells = writer.cell_count();
    result.tokens = writer.token_count();
    writer.finish(provenance_.sum());
    return result;
  }

 private:
  void unite_mixed() {
    const std::vector<std::string> mixed = schema_.mixed();
    for (const auto& path : mixed.empty() ? std::vector<std::filesystem::path>() : inputs_) {
      const cells::Corpus corpus = cells::Corpus::open(path);
      const std::vector<cells::ObsField>& fields = corpus.obs_fields();
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].categorical || std::find(mixed.begin(), mixed.end(), fields[i].name) == mixed.end())
          continue;
        for (std::uint64_t first = 0; first < corpus.cell_count(); first += kCellsPerMerge) {
          const std::uint64_t count = std::min(kCellsPerMerge, corpus.cell_count() - first);
          schema_.add_numbers(fields[i].name, corpus.read_obs(i, first, count).numbers);
        }
      }
    }
  }

  void add(const cells::Corpus& corpus, cells::CorpusWriter& writer, support::Progress& progress) const {
    const cells::ObsJoin join(schema_, corpus.obs_fields());
    for (std::uint64_t first = 0; first < corpus.cell_count(); first += kCellsPerMerge) {
      const std::uint64_t count = std::min(kCellsPerMerge, corpus.cell_count() - first);
      const cells::Corpus::Cells cells = corpus.read_cells(first, count);
      const auto obs =
          join.read(count, [&](std::size_t field) { return corpus.read_obs(field, first, count); });
      writer.append(cells.tokens, cells.offsets, corpus.cell_ids(first, count), obs);
      progress.update(writer.cell_count());
    }
  }

  const std::vector<std::filesystem::path>& inputs_;
  std::optional<cells::Vocabulary> vocabulary_;
  cells::ObsSchema schema_;
  ProvenanceSum provenance_;
  std::uint64_t cells_ = 0;
};

}  // namespace

TokenizeResult merge_corpora(const std::vector<std::filesystem::path>& inputs,
                             const std::filesystem::path& output, support::Reporter& reporter) {
  check(inputs, output);
  const TokenizeResult result = Merger(inputs).write(output, reporter);
  reporter.info("merged " + with_thousands(inputs.size()) + " corpora: " + with_thousands(result.cells) +
                " cells, " + with_thousands(result.tokens) + " tokens");
  reporter.info("wrote " + output.string());
  return result;
}

}  // namespace biodta::pipeline
