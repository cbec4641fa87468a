#include "embed_genome.hpp"
#include "embed_job.hpp"
#include "embed_options.hpp"
#include "embed_output.hpp"
#include "embed_sequences.hpp"
#include "existing_output.hpp"
#include "shard.hpp"

#include <biodta/embedding/bank_reader.hpp>
#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/pipeline/device.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace biodta::pipeline {
namespace {

using support::counted;
using support::with_thousands;

std::unique_ptr<EmbedSource> open_source(const EmbedOptions& options, std::int64_t window,
                                         support::Reporter& reporter) {
  return options.sequences.empty() ? open_embed_genome(options, window, reporter)
                                   : open_embed_sequences(options, window);
}

/// The tracks that are asked for, by the names in a list of targets or beside the weights.
std::vector<enformer::Track> find_tracks(const EmbedOptions& options,
                                         const enformer::EnformerConfig& config) {
  if (options.tracks.empty()) return {};
  std::vector<std::string> heads;
  std::int64_t count = 0;
  for (const auto& [name, tracks] : config.heads_out) {
    heads.push_back(name);
    if (name == options.head) count = tracks;
  }
  if (count == 0) {
    throw ConfigError("head: found " + options.head + ", expected " + support::join_words(heads),
                      "--head names the output head of the tracks");
  }
  enformer::bins_around_tss(config, options.bins, "bins");
  std::vector<enformer::Track> known;
  const auto beside = options.weights / "tracks.tsv";
  if (!options.targets.empty()) {
    known = enformer::read_targets(options.targets);
  } else if (std::filesystem::exists(beside)) {
    known = enformer::read_tracks(beside);
  }
  return enformer::choose_tracks(known, options.head, count, options.tracks);
}

[[noreturn]] void refuse(const UnknownDna& dna, std::uint64_t others) {
  throw InputError(
      dna.file, dna.place, dna.found, dna.expected,
      (others == 0 ? std::string() : with_thousands(others) + " more genes are without known DNA; ") +
          "--unknown-dna leave_out goes on without such genes and lists them in the bank; whole chromosomes "
          "missing speak for names or an assembly that differ");
}

/// Windows of some genes that share batches, and what became of them.
struct GeneGroup {
  std::size_t first = 0;            // gene of the source
  std::vector<GeneRecord> records;  // left_out is set where there are no windows
  std::vector<GeneWindows> windows;
  std::vector<std::size_t> offsets;  // [genes + 1] of their windows among all
  std::vector<float> embeddings;     // [windows, row size]
  std::vector<double> expression;    // [windows, tracks]
};

/// The mean of some rows of [rows, size], in double precision.
template <class T>
void append_mean(std::span<const T> values, std::size_t size, std::span<const std::uint32_t> rows,
                 std::vector<T>& out) {
  for (std::size_t i = 0; i < size; ++i) {
    double sum = 0.0;
    for (const auto row : rows) sum += static_cast<double>(values[row * size + i]);
    out.push_back(static_cast<T>(sum / static_cast<double>(rows.size())));
  }
}

class EmbedRun {
 public:
  EmbedRun(const EmbedOptions& options, support::Reporter& reporter, std::string_view device)
      : options_(options),
        reporter_(reporter),
        embedder_(enformer::SequenceEmbedder::load(options.weights, choose_device(device), options.embedder)),
        tracks_(find_tracks(options, embedder_.config())),
        source_(open_source(options, embedder_.input_length(), reporter)),
        width_(static_cast<std::size_t>(embedder_.config().embedding_size())),
        row_size_(width_ * static_cast<std::size_t>(options.embedder.tokens_per_gene)) {
    readout_.head = options.head;
    readout_.bins = options.bins;
    for (const auto& track : tracks_) readout_.tracks.push_back(track.index);
    refuse_confusing_context();
    choose_genes();
  }

  void run() {
    const auto job = job_of(options_, embedder_.checksum(), tracks_);
    const auto provenance = provenance_of(options_, job, embedder_.config().window);
    if (is_done(provenance)) return;
    open_journal(job);
    refuse_unknown();
    const auto before = journal_->size();
    embed_rest();
    journal_->sync();
    warn_if_empty();
    const EmbedResult result{options_, *source_,           begin_, *journal_,
                             tally_,   row_size_ / width_, width_, tracks_};
    if (!tracks_.empty()) write_predictions(result);
    write_bank(result, provenance);
    journal_->remove();
    summarize(before);
  }

 private:
  /// Batches decide how sums are rounded, so they must not depend on shards or on where a run was broken off:
  /// genes share batches within groups that are counted from the first gene of the job.
  void choose_genes() {
    const auto total = source_->genes().size();
    const auto windows = 1 + 2 * source_->contexts().size();
    group_ = std::max<std::size_t>(1, static_cast<std::size_t>(options_.batch) / windows);
    const auto groups = (total + group_ - 1) / group_;
    const Shard shard = Shard::parse(options_.shard);
    begin_ = std::min<std::size_t>(total, shard.begin(groups) * group_);
    end_ = std::min<std::size_t>(total, shard.end(groups) * group_);
    tally_.context_rows.resize(source_->contexts().size());
  }

  void refuse_confusing_context() const {
    const auto& contexts = source_->contexts();
    if (tracks_.empty() || std::find(contexts.begin(), contexts.end(), "reference") == contexts.end()) return;
    throw ConfigError(
        "predictions: found a sample called \"reference\", which is what the table calls the genome");
  }

  /// Whether this very job stands finished. Throws for other outputs that would be replaced; with a journal
  /// beside them they are a run's that was killed while it wrote them.
  bool is_done(const embedding::Provenance& provenance) const {
    if (options_.overwrite) return false;
    const bool has_bank = std::filesystem::exists(options_.output);
    const bool has_predictions =
        !options_.predictions.empty() && std::filesystem::exists(options_.predictions);
    const bool has_journal = std::filesystem::exists(journal_of(options_.output));
    if (has_bank && !is_bank_of(provenance)) refuse_existing("output", options_.output);
    if (has_journal) return false;
    if (has_predictions && !has_bank) refuse_existing("predictions", options_.predictions);
    if (has_bank && !has_predictions && !options_.predictions.empty())
      refuse_existing("output", options_.output);
    if (has_bank)
      reporter_.info(options_.output.string() +
                     " holds this job already: nothing to do (--overwrite does it anew)");
    return has_bank;
  }

  bool is_bank_of(const embedding::Provenance& provenance) const {
    try {
      const auto found = embedding::BankReader(options_.output).header().provenance;
      return std::all_of(provenance.begin(), provenance.end(), [&](const auto& entry) {
        const auto same = found.find(entry.first);
        return same != found.end() && same->second == entry.second;
      });
    } catch (const Error&) {
      return false;
    }
  }

  void open_journal(const embedding::JobIdentity& job) {
    const auto path = journal_of(options_.output);
    const auto mode =
        options_.restart ? embedding::RowJournal::Mode::kRestart : embedding::RowJournal::Mode::kGoOn;
    journal_.emplace(path, job, mode, [&](std::uint64_t, std::span<const std::byte> bytes) {
      tally_.add(record_in(bytes, row_size_, tracks_.size(), path));
    });
    if (!journal_->is_locked())
      reporter_.warn(path.string() +
                     ": the file system knows no locks, so take care that no other run writes here");
    if (journal_->cut_off() > 0) {
      reporter_.info("cut " + with_thousands(journal_->cut_off()) + " bytes off the end of " + path.string() +
                     ": a row that was not finished, or damaged");
    }
    if (journal_->size() > 0) {
      reporter_.info("going on from " + path.string() + ": " + with_thousands(journal_->size()) + " of " +
                     with_thousands(end_ - begin_) + " genes are there");
    }
    if (!journal_->is_locked()) return;
    remove_leftovers(options_.output);
    if (!options_.predictions.empty()) remove_leftovers(options_.predictions);
  }

  /// All genes are asked before the first is computed, which may be hours before the last.
  void refuse_unknown() const {
    if (options_.unknown_dna != UnknownDnaPolicy::kRefuse) return;
    std::optional<UnknownDna> first;
    std::uint64_t others = 0;
    const auto progress = reporter_.start("check", end_ - begin_, "genes");
    for (std::size_t gene = begin_; gene < end_; ++gene) {
      const bool is_done = gene - begin_ < tally_.records() && tally_.left_out[gene - begin_].empty();
      auto unknown = is_done ? std::nullopt : source_->unknown_dna(gene);
      if (unknown && first) ++others;
      if (unknown && !first) first = std::move(unknown);
      progress->update(gene - begin_ + 1);
    }
    if (first) refuse(*first, others);
  }

  void embed_rest() {
    const auto progress = reporter_.start("embed", end_ - begin_, "genes");
    progress->update(journal_->size());
    for (std::size_t first = begin_ + journal_->size() / group_ * group_; first < end_; first += group_) {
      GeneGroup group = read_group(first, std::min(end_, first + group_));
      embed_group(group);
      for (std::size_t i = 0; i < group.records.size(); ++i) {
        if (first + i < begin_ + journal_->size()) continue;
        finish_record(group, i);
        journal_->append(encode(group.records[i]));
        tally_.add(group.records[i]);
      }
      progress->update(journal_->size(), with_thousands(tally_.embedded) + " windows");
    }
  }

  GeneGroup read_group(std::size_t first, std::size_t end) const {
    GeneGroup group;
    group.first = first;
    group.offsets = {0};
    for (std::size_t gene = first; gene < end; ++gene) {
      group.records.emplace_back();
      group.windows.emplace_back();
      if (const auto unknown = source_->unknown_dna(gene)) {
        group.records.back().left_out = unknown->found;
      } else {
        group.windows.back() = source_->read(gene);
      }
      group.offsets.push_back(group.offsets.back() + group.windows.back().count);
    }
    return group;
  }

  /// The windows of a group go together. Where a gene has more of them in donors than a batch, families are
  /// embedded from their references, and genes that are in the journal already are passed over. None of this
  /// depends on where a run was broken off but what is passed over.
  void embed_group(GeneGroup& group) {
    const auto windows = group.offsets.back();
    group.embeddings.resize(windows * row_size_);
    group.expression.resize(windows * tracks_.size());
    if (windows == 0) return;
    if (source_->contexts().empty() || std::cmp_less_equal(windows, options_.batch)) {
      store(group, 0, embed_together(group));
      return;
    }
    for (std::size_t gene = 0; gene < group.windows.size(); ++gene) {
      if (group.first + gene < begin_ + journal_->size() || group.windows[gene].count == 0) continue;
      const auto& starts = group.windows[gene].rows.front();
      for (std::size_t i = 0; i < starts.size(); ++i)
        embed_family(group, gene, starts[i],
                     i + 1 < starts.size() ? starts[i + 1] : group.windows[gene].count);
    }
  }

  enformer::SequenceEmbeddings embed_together(const GeneGroup& group) {
    std::vector<std::vector<std::string>> families;
    for (const auto& windows : group.windows) {
      for (std::size_t i = 0; i < windows.count; ++i) {
        const auto& starts = windows.rows.front();
        if (std::find(starts.begin(), starts.end(), i) != starts.end()) families.emplace_back();
        families.back().push_back(windows.window(i));
      }
    }
    if (!source_->contexts().empty()) return embed_families(embedder_, families, readout(), options_.batch);
    std::vector<std::string> references;
    for (auto& family : families) references.push_back(std::move(family.front()));
    return embedder_.embed(references, readout(), options_.batch);
  }

  /// Windows [first, end) of a gene, in pieces of a batch.
  void embed_family(GeneGroup& group, std::size_t gene, std::size_t first, std::size_t end) {
    const auto& windows = group.windows[gene];
    const auto offset = group.offsets[gene];
    const auto reference = embedder_.embed_reference(windows.window(first), readout());
    store(group, offset + first, reference.embeddings());
    const auto batch = static_cast<std::size_t>(options_.batch);
    for (std::size_t at = first + 1; at < end; at += batch) {
      std::vector<std::string> variants;
      for (std::size_t i = at; i < std::min(end, at + batch); ++i) variants.push_back(windows.window(i));
      store(group, offset + at, embedder_.embed_variants(reference, variants, readout(), options_.batch));
    }
  }

  const enformer::ExpressionReadout* readout() const { return tracks_.empty() ? nullptr : &readout_; }

  /// @param first  the window, among all of the group, that the first row belongs to.
  void store(GeneGroup& group, std::size_t first, const enformer::SequenceEmbeddings& found) const {
    const auto rows = found.rows_NRE.contiguous();
    std::copy_n(rows.data_ptr<float>(), rows.numel(),
                group.embeddings.begin() + static_cast<std::ptrdiff_t>(first * row_size_));
    if (tracks_.empty()) return;
    const auto tracks_NT = found.tracks_NT.contiguous();
    std::copy_n(tracks_NT.data_ptr<double>(), tracks_NT.numel(),
                group.expression.begin() + static_cast<std::ptrdiff_t>(first * tracks_.size()));
  }

  void finish_record(GeneGroup& group, std::size_t index) const {
    auto& record = group.records[index];
    if (!record.left_out.empty()) return;
    auto& windows = group.windows[index];
    const auto offset = group.offsets[index];
    const auto embeddings = std::span<const float>(group.embeddings).subspan(offset * row_size_);
    const auto expression = std::span<const double>(group.expression).subspan(offset * tracks_.size());
    for (const auto& row : windows.rows) {
      append_mean(embeddings, row_size_, row, record.values);
      append_mean(expression, tracks_.size(), row, record.predictions);
    }
    embedding::require_storable(record.values, options_.precision, options_.output);
    record.known_bases = windows.known_bases;
    record.embedded = windows.count;
    record.asked = windows.asked();
    record.contexts = std::move(windows.contexts);
  }

  void warn_if_empty() const {
    if (tally_.genes > 0) return;
    if (options_.shard.empty()) throw InputError("no gene has known DNA: nothing is left to embed");
    reporter_.warn("no gene of this shard has a row");
  }

  void summarize(std::uint64_t before) const {
    source_->summarize(reporter_);
    constexpr std::uint64_t kWorthAWarning = 20;  // one of so many
    if (tally_.left_out_genes() * kWorthAWarning > tally_.records()) {
      reporter_.warn(with_thousands(tally_.left_out_genes()) + " of " + counted(tally_.records(), "gene") +
                     " are left out: their DNA is not known");
    }
    const auto& rows = tally_.context_rows;
    if (!rows.empty() &&
        std::all_of(rows.begin(), rows.end(), [](std::uint64_t count) { return count == 0; }))
      reporter_.warn("no window differs from the reference in any sample of " + options_.vcf.string());
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    std::string line = "wrote " + options_.output.string() + ": " + counted(tally_.genes, "gene") + ", " +
                       counted(source_->contexts().size(), "context") + ", " +
                       counted(tally_.embedded, "sequence") + " embedded, " +
                       with_thousands(tally_.asked - std::min(tally_.asked, tally_.embedded)) + " reused, " +
                       counted(tally_.left_out_genes(), "gene") + " left out, " +
                       std::to_string(std::llround(seconds)) + " s";
    if (before > 0) line += " for the last " + with_thousands(tally_.records() - before) + " of them";
    reporter_.info(line);
  }

  const EmbedOptions& options_;
  support::Reporter& reporter_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  enformer::SequenceEmbedder embedder_;
  std::vector<enformer::Track> tracks_;
  std::unique_ptr<EmbedSource> source_;
  std::size_t width_;     // of a token
  std::size_t row_size_;  // of a gene
  enformer::ExpressionReadout readout_;
  std::size_t group_ = 1;  // genes that share batches
  std::size_t begin_ = 0;  // the genes of this run are [begin, end) of the source's
  std::size_t end_ = 0;
  std::optional<embedding::RowJournal> journal_;
  EmbedTally tally_;
};

}  // namespace

void embed(const EmbedOptions& options, support::Reporter& reporter, std::string_view device) {
  check(options);
  EmbedRun(options, reporter, device).run();
}

}  // namespace biodta::pipeline
