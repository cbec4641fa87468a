#include "distinct_inputs.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/cells/obs_schema.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>

namespace biodta::pipeline {
namespace {

using support::with_thousands;

constexpr std::uint64_t kCellsPerMerge = 8192;

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
    if (part.shard <= 1) last_source_ = -1;  // a job begins
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
      sum_.filter_dropped[at] += part.filter_dropped[i];
    }
  }
  const cells::CorpusProvenance& sum() const noexcept { return sum_; }

 private:
  /// A file that lies in several shards is named by each.
  void add_sources(const cells::CorpusProvenance& part) {
    for (std::size_t i = 0; i < part.sources.size(); ++i) {
      if (part.shard > 0) {
        const bool again = part.source_indices[i] <= last_source_;
        last_source_ = std::max(last_source_, part.source_indices[i]);
        if (again) {
          sum_.source_cells.back() += part.source_cells[i];
          continue;
        }
      }
      sum_.sources.push_back(part.sources[i]);
      sum_.checksums.push_back(part.checksums[i]);
      sum_.source_cells.push_back(part.source_cells.empty() ? 0 : part.source_cells[i]);
    }
  }

  cells::CorpusProvenance sum_;
  std::set<std::string> options_;
  std::int64_t last_source_ = -1;
};

/// A corpus to merge, and which part of which job it is.
struct MergePart {
  std::filesystem::path path;
  cells::CorpusProvenance provenance;
};

/// The shards of one job, in their order, must be all of them, each once.
void require_complete(std::span<const MergePart> shards) {
  const std::int64_t count = shards.front().provenance.shard_count;
  const auto name = [count](std::int64_t shard) {
    return "shard " + std::to_string(shard) + " of " + std::to_string(count);
  };
  std::int64_t expected = 1;
  for (const MergePart& part : shards) {
    const std::int64_t found = part.provenance.shard;
    if (found < expected) throw InputError(part.path, "", name(found) + " a second time", "each shard once");
    if (found > expected) throw InputError(part.path, "", name(found), name(expected) + " before it");
    ++expected;
  }
  if (expected <= count) {
    throw InputError(shards.back().path, "", name(expected - 1) + " as the last", name(expected) + " too");
  }
}

/// Puts the shards of each job in their order, in the place of the first of them: a file pattern gives
/// part-10 before part-2, and forgets what was never written.
std::vector<MergePart> in_order_of_shards(std::vector<MergePart> parts) {
  for (auto job = parts.begin(); job != parts.end();) {
    const cells::CorpusProvenance first = job->provenance;
    if (first.shard == 0) {
      ++job;
      continue;
    }
    const auto end = std::stable_partition(job, parts.end(), [&](const MergePart& part) {
      return part.provenance.shard > 0 && part.provenance.shard_count == first.shard_count &&
             part.provenance.options == first.options;
    });
    std::stable_sort(job, end, [](const MergePart& a, const MergePart& b) {
      return a.provenance.shard < b.provenance.shard;
    });
    require_complete(std::span(job, end));
    job = end;
  }
  return parts;
}

/// Every corpus is opened one at a time, since a job may have thousands of shards.
class Merger {
 public:
  explicit Merger(const std::vector<std::filesystem::path>& inputs) {
    std::vector<MergePart> parts;
    for (const auto& path : inputs) {
      const cells::Corpus corpus = cells::Corpus::open(path);
      if (!vocabulary_) vocabulary_ = corpus.vocabulary();
      require_same_vocabulary(corpus, *vocabulary_, inputs.front());
      parts.push_back({path, corpus.provenance()});
    }
    for (const MergePart& part : in_order_of_shards(std::move(parts))) {
      const cells::Corpus corpus = cells::Corpus::open(part.path);
      schema_.add(corpus.obs_fields(), part.path);
      provenance_.add(part.provenance);
      cells_ += corpus.cell_count();
      inputs_.push_back(part.path);
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
    if (schema_.mixed().empty()) return;
    for (const auto& path : inputs_) {
      const cells::Corpus corpus = cells::Corpus::open(path);
      schema_.add_mixed_numbers(corpus.obs_fields(), corpus.cell_count(),
                                [&](std::size_t field, std::uint64_t first, std::uint64_t count) {
                                  return corpus.read_obs(field, first, count);
                                });
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

  std::vector<std::filesystem::path> inputs_;  // in the order of the cells
  std::optional<cells::Vocabulary> vocabulary_;
  cells::ObsSchema schema_;
  ProvenanceSum provenance_;
  std::uint64_t cells_ = 0;
};

}  // namespace

TokenizeResult merge_corpora(const std::vector<std::filesystem::path>& inputs,
                             const std::filesystem::path& output, support::Reporter& reporter) {
  check_merge_paths(inputs, output, "corpora to merge", "the corpus file");
  TokenizeResult result = Merger(inputs).write(output, reporter);
  reporter.info("merged " + with_thousands(inputs.size()) + " corpora: " + with_thousands(result.cells) +
                " cells, " + with_thousands(result.tokens) + " tokens");
  reporter.info("wrote " + output.string());
  return result;
}

}  // namespace biodta::pipeline
