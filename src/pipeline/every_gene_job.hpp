#pragma once
/// @file
/// What a run over every gene leaves behind as it goes: the effects on each cell, chunk by chunk, a journal a
/// shard. Internal to the room.

#include "perturbed_run.hpp"
#include "shard.hpp"

#include <biodta/analysis/gene_effects.hpp>
#include <biodta/embedding/row_journal.hpp>
#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/support/reporter.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// The cells of a job in chunks, shared out among shards.
class CellChunks {
 public:
  static constexpr std::size_t kCells = 32;  ///< of a chunk; the last one may have fewer

  CellChunks(std::vector<std::uint32_t> cells, const Shard& shard);
  const std::vector<std::uint32_t>& cells() const noexcept {
    return cells_;
  }  ///< of the whole job, ascending
  std::uint64_t size_of(const Shard& shard) const { return shard.end(total_) - shard.begin(total_); }
  /// Chunks of this shard.
  std::uint64_t size() const { return size_of(shard_); }
  std::span<const std::uint32_t> chunk(std::uint64_t i) const;
  /// Its cells from the chunk `i` on.
  std::span<const std::uint32_t> from(std::uint64_t i) const;
  const Shard& shard() const noexcept { return shard_; }

 private:
  std::vector<std::uint32_t> cells_;
  Shard shard_;
  std::uint64_t total_;
};

/// All that decides the effects, but for the shard.
embedding::JobIdentity every_gene_identity(const MutagenesisRunOptions& options, const PerturbedRun& run,
                                           std::span<const std::uint32_t> cells);

/// The journals of a job, in a folder beside its output.
class EveryGeneJournals {
 public:
  /// @param overwrite  what another job left is thrown away, but for the journals of this division's other
  ///                   shards: they do not count, and their shards throw them away.
  EveryGeneJournals(const std::filesystem::path& output, embedding::JobIdentity job, const CellChunks& chunks,
                    std::size_t states, bool overwrite);
  /// Removes the folder where nothing is left in it: after the job's end, or where nothing was begun.
  ~EveryGeneJournals();
  EveryGeneJournals(const EveryGeneJournals&) = delete;
  EveryGeneJournals& operator=(const EveryGeneJournals&) = delete;

  /// Makes the folder, and opens or begins this shard's own. Throws InputError for one of another job and
  /// where the work was shared out otherwise before, but with overwrite; always for one that another process
  /// holds.
  void open(support::Reporter& reporter);
  /// Chunks of this shard that are there.
  std::uint64_t done() const { return own_->size(); }
  void append(const std::vector<analysis::CellEffects>& chunk);

  /// Closes this shard's own, asks whether every shard is whole, and if so hands the effects of all cells, in
  /// order, to `use` and then calls `finish`, after which the journals are removed; the destructor removes
  /// the folder. Processes ask in turn, so that of those that end together the last one finds all, and none
  /// opens a journal while another asks.
  /// @return shards that are not there yet; empty = done. Throws InputError where this shard's own journal is
  ///         gone or not whole.
  std::vector<std::string> finish(const std::function<void(const analysis::CellEffects&)>& use,
                                  const std::function<void()>& finish);

 private:
  std::filesystem::path path_of(const Shard& shard) const;
  embedding::JobIdentity identity_of(const Shard& shard) const;
  void refuse_other_divisions() const;
  std::unique_ptr<embedding::RowJournal> open_journal(const Shard& shard, bool overwrite) const;
  /// nullptr where it is not there, not whole, held by its process, or, with overwrite, another job's.
  std::unique_ptr<embedding::RowJournal> whole_journal(const Shard& shard) const;
  std::vector<Shard> shards() const;

  std::filesystem::path folder_;
  embedding::JobIdentity job_;
  const CellChunks& chunks_;
  std::size_t states_;
  bool overwrite_;
  std::unique_ptr<embedding::RowJournal> own_;
};

}  // namespace biodta::pipeline
