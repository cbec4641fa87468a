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
  std::int64_t batch_size = 12;  ///< cells a batch and rank
  BatchOrder order = BatchOrder::kShuffled;
  std::int64_t megabatch_multiplier = 1000;  ///< global batches a megabatch
  std::int64_t seed = 0;
};
void describe(support::OptionVisitor& visit, SamplerOptions& options);

/// One epoch's order of cells, cut into global batches (batch_size × ranks × accumulation cells).
///
/// A seeded permutation is cut into megabatches of `megabatch_multiplier` global batches; each is sorted by
/// length (descending, ties by position in the permutation), cut into global batches, and the batches are
/// shuffled: the one with the longest cell of all comes first (memory runs out early or never), the ragged
/// tail last. The order depends on (lengths, options, global batch size, epoch) alone, so it is the same for
/// every number of ranks. O(N) time but for the sorts, 4 bytes a cell.
class LengthGroupedSampler {
 public:
  /// @param lengths  tokens a cell; copied nowhere, must outlive the sampler.
  /// @param cells    the cells that take part (a training split), as indices into lengths.
  /// @param global_batch_size  cells an optimizer step sees over all ranks and micro-batches.
  LengthGroupedSampler(std::span<const std::uint32_t> lengths, std::vector<std::uint32_t> cells,
                       std::size_t global_batch_size, const SamplerOptions& options);

  /// Makes the order of an epoch; deterministic.
  void set_epoch(std::uint64_t epoch);
  std::uint64_t epoch() const noexcept { return epoch_; }
  /// Global batches (optimizer steps) an epoch; the last may be smaller.
  std::size_t batch_count() const noexcept;
  /// Cells of a global batch.
  std::span<const std::uint32_t> global_batch(std::size_t index) const;
  /// The part of a global batch that belongs to a slot (rank and micro-batch) of `slots`: every slots-th cell
  /// from `slot`, so that all slots see near-equal lengths. May be empty for a ragged tail.
  std::vector<std::uint32_t> slot_of(std::size_t index, std::size_t slot, std::size_t slots) const;

 private:
  std::span<const std::uint32_t> lengths_;
  std::vector<std::uint32_t> cells_;
  std::vector<std::uint32_t> order_;
  std::size_t global_batch_size_;
  SamplerOptions options_;
  std::uint64_t epoch_ = 0;
};

}  // namespace biodta::data
