#pragma once
// What the two tasks of the Enformer share about their micro-batches.

#include <biodta/support/random.hpp>

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::training {

/// Which of an epoch's micro-batches, over all steps and ranks.
struct MicroBatchSlot {
  std::uint64_t step = 0;  ///< within the epoch
  std::int64_t micro_batch = 0;
  std::int64_t accumulation = 1;  ///< micro-batches a step and rank
  std::int64_t rank = 0;
  std::int64_t ranks = 1;
};

/// The slot's part of an epoch's order; less than `batch` at its end, and nothing behind it.
std::span<const std::uint32_t> micro_batch_of(std::span<const std::uint32_t> order, std::int64_t batch,
                                              const MicroBatchSlot& slot);

/// A shift of up to ± `greatest` bp, all alike.
std::int64_t draw_shift(support::RandomStream& random, std::int64_t greatest);

/// Makes some windows their reverse complement. Returns which, [B] bool; undefined when none.
/// @param one_hot_B4L  on the CPU; written into.
torch::Tensor turn_windows(torch::Tensor& one_hot_B4L, const std::vector<std::int64_t>& turned);

}  // namespace biodta::training
