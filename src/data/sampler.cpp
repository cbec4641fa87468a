#include <biodta/data/sampler.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

namespace biodta::data {
namespace {

using Cells = std::vector<std::uint32_t>;

/// Longest first; equal lengths keep their order in the permutation.
void sort_by_length(std::span<std::uint32_t> cells, std::span<const std::uint32_t> lengths) {
  std::stable_sort(cells.begin(), cells.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return lengths[a] > lengths[b]; });
}

/// Lays the full batches of a megabatch in a random order; what does not fill a batch stays at its end.
void shuffle_batches(std::span<std::uint32_t> megabatch, std::size_t batch_size,
                     support::RandomStream& random) {
  std::vector<std::size_t> order(megabatch.size() / batch_size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  random.shuffle(order);
  Cells shuffled;
  shuffled.reserve(order.size() * batch_size);
  for (const std::size_t batch : order) {
    const auto cells = megabatch.subspan(batch * batch_size, batch_size);
    shuffled.insert(shuffled.end(), cells.begin(), cells.end());
  }
  std::copy(shuffled.begin(), shuffled.end(), megabatch.begin());
}

/// Swaps the full batch that holds the longest cell of all to the front: memory runs out at the first step or
/// never.
void longest_first(Cells& order, std::size_t batch_size, std::span<const std::uint32_t> lengths) {
  const std::size_t full = order.size() / batch_size * batch_size;
  if (full == 0) return;
  const auto longest =
      std::max_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(full),
                       [&](std::uint32_t a, std::uint32_t b) { return lengths[a] < lengths[b]; });
  const auto batch = std::distance(order.begin(), longest) / static_cast<std::ptrdiff_t>(batch_size);
  const auto first = order.begin() + batch * static_cast<std::ptrdiff_t>(batch_size);
  if (batch > 0)
    std::swap_ranges(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(batch_size), first);
}

}  // namespace

void describe(support::OptionVisitor& visit, SamplerOptions& options) {
  visit.field("batch_size", options.batch_size, "cells a batch and rank", support::between(1, 1 << 20));
  visit.choice(
      "order", options.order,
      {{"shuffled", BatchOrder::kShuffled}, {"sorted", BatchOrder::kSorted}, {"random", BatchOrder::kRandom}},
      "order of batches: grouped by length and shuffled within each megabatch (the paper's), grouped and "
      "longest first (Geneformer's), or not grouped");
  visit.field("megabatch_multiplier", options.megabatch_multiplier, "global batches a megabatch",
              support::between(1, 1 << 20));
  visit.field("seed", options.seed, "seed of the order; the epoch is mixed in", support::at_least(0));
}

LengthGroupedSampler::LengthGroupedSampler(std::span<const std::uint32_t> lengths,
                                           std::vector<std::uint32_t> cells, std::size_t global_batch_size,
                                           const SamplerOptions& options)
    : lengths_(lengths), cells_(std::move(cells)), global_batch_size_(global_batch_size), options_(options) {
  if (global_batch_size_ == 0) throw ConfigError("sampler: a global batch of 0 cells was asked for");
  if (options_.megabatch_multiplier < 1) {
    throw ConfigError("sampler: megabatch_multiplier is " + std::to_string(options_.megabatch_multiplier) +
                      ", expected at least 1");
  }
  for (const std::uint32_t cell : cells_) {
    if (cell >= lengths_.size()) {
      throw Error("sampler: cell " + std::to_string(cell) + " was named, but there are " +
                  std::to_string(lengths_.size()) + " cells");
    }
  }
  set_epoch(0);
}

void LengthGroupedSampler::set_epoch(std::uint64_t epoch) {
  epoch_ = epoch;
  order_ = cells_;
  auto random = support::RandomStream::of({static_cast<std::uint64_t>(options_.seed), epoch});
  random.shuffle(order_);
  if (options_.order == BatchOrder::kRandom) return;
  const std::size_t megabatch_size =
      static_cast<std::size_t>(options_.megabatch_multiplier) * global_batch_size_;
  for (std::size_t begin = 0; begin < order_.size(); begin += megabatch_size) {
    const auto megabatch = std::span(order_).subspan(begin, std::min(megabatch_size, order_.size() - begin));
    sort_by_length(megabatch, lengths_);
    if (options_.order == BatchOrder::kShuffled) shuffle_batches(megabatch, global_batch_size_, random);
  }
  if (options_.order == BatchOrder::kShuffled) longest_first(order_, global_batch_size_, lengths_);
}

std::size_t LengthGroupedSampler::batch_count() const noexcept {
  return (order_.size() + global_batch_size_ - 1) / global_batch_size_;
}

std::span<const std::uint32_t> LengthGroupedSampler::global_batch(std::size_t index) const {
  if (index >= batch_count()) {
    throw Error("sampler: batch " + std::to_string(index) + " was asked for, but an epoch has " +
                std::to_string(batch_count()));
  }
  const std::size_t begin = index * global_batch_size_;
  return std::span(order_).subspan(begin, std::min(global_batch_size_, order_.size() - begin));
}

std::vector<std::uint32_t> LengthGroupedSampler::slot_of(std::size_t index, std::size_t slot,
                                                         std::size_t slots) const {
  if (slots == 0) throw Error("sampler: a batch was to be split into 0 slots");
  const auto batch = global_batch(index);
  std::vector<std::uint32_t> cells;
  for (std::size_t i = slot; i < batch.size(); i += slots) cells.push_back(batch[i]);
  return cells;
}

}  // namespace biodta::data
