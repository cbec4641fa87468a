#pragma once
/// @file
/// Length-grouped batches whose order is shuffled within each megabatch (paper A.1).

#include <biodta/support/options.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace biodta::data {

enum class BatchOrder {
  kShuffled,  ///< grouped by length, batches shuffled within a megabatch: the paper's
  kSorted,    ///< grouped by length, longest batch first within each megabatch: Geneformer's
  kRandom     ///< not grouped at all
};

struct SamplerOptions {
  std::int64_t batch_size = 12;   ///< cells a batch and rank
  std::int64_t batch_tokens = 0;  ///< instead: about so many tokens a batch and rank; 0 = by cells
  BatchOrder order = BatchOrder::kShuffled;
  std::int64_t megabatch_multiplier = 1000;  ///< global batches a megabatch
  std::int64_t seed = 0;
};
void describe(support::OptionVisitor& visit, SamplerOptions& options);

/// One epoch's order of cells, cut into global batches: what all slots (ranks × micro-batches of a step) see
/// in one optimizer step.
///
/// A seeded permutation is cut into megabatches of `megabatch_multiplier` global batches; each is sorted by
/// length (descending, ties by position in the permutation), cut into global batches, and the batches are
/// shuffled: the one with the longest cell of all comes first (memory runs out early or never), the ragged
/// tail last. The order depends on (lengths, cells, options, cells or tokens of a global batch, epoch) alone,
/// so it is the same for every number of ranks.
///
/// By tokens, a megabatch is cut where its tokens reach equal shares, so that a global batch has batch_tokens
/// × slots of them but for a few per cent; all epochs have equally many batches.
///
/// O(N) time; 4 bytes and a bit a cell, and 4 (by tokens 12) a global batch.
class LengthGroupedSampler {
 public:
  /// @param lengths  tokens a cell; copied nowhere, must outlive the sampler.
  /// @param cells    the cells that take part (a training split), as indices into lengths, each once.
  /// @param slots    parts that a global batch is divided into.
  /// Throws ConfigError for options that cannot be followed, such as fewer batch_tokens than the longest cell
  /// has.
  LengthGroupedSampler(std::span<const std::uint32_t> lengths, std::span<const std::uint32_t> cells,
                       std::size_t slots, const SamplerOptions& options);

  /// Makes the order of an epoch; deterministic.
  void set_epoch(std::uint64_t epoch);
  std::uint64_t epoch() const noexcept { return epoch_; }
  /// Global batches (optimizer steps) an epoch; by cells the last may be smaller.
  std::size_t batch_count() const noexcept { return sequence_.size(); }
  /// Cells of a global batch; longest first where they are grouped by length.
  std::span<const std::uint32_t> global_batch(std::size_t index) const;
  /// The part of a global batch that belongs to a slot of `slots`: every slots-th cell from `slot`, so that
  /// all slots see near-equal lengths. May be empty for a ragged tail.
  std::vector<std::uint32_t> slot_of(std::size_t index, std::size_t slot, std::size_t slots) const;

 private:
  void plan_batches();
  void cut_by_tokens(std::size_t begin, std::size_t end, std::size_t first_batch, std::size_t batches);
  void put_longest_first(std::size_t full_batches);
  std::span<const std::uint32_t> stored_batch(std::size_t batch) const;
  std::size_t batches_of(std::size_t cells) const;

  std::span<const std::uint32_t> lengths_;
  std::vector<bool> takes_part_;  // [lengths]
  std::uint32_t longest_ = 0;     // of those that take part
  SamplerOptions options_;
  std::size_t global_size_;         // cells of a global batch; by tokens the mean of it
  std::size_t megabatch_size_ = 0;  // cells
  double cells_per_batch_ = 0;
  std::vector<std::uint32_t> order_;     // cells, sorted within megabatches
  std::vector<std::uint64_t> begins_;    // [batches + 1] by tokens: where batches begin in order_
  std::vector<std::uint32_t> sequence_;  // [batches] which stored batch comes when
  std::uint64_t epoch_ = 0;
};

}  // namespace biodta::data
