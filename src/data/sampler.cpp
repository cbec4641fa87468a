#include <biodta/data/sampler.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

namespace biodta::data {
namespace {

/// Longest first; equal lengths keep their order. Counts lengths, which are at most a few thousand.
class LengthSort {
 public:
  explicit LengthSort(std::uint32_t longest) : ends_(std::size_t{longest} + 2) {}

  void operator()(std::span<std::uint32_t> cells, std::span<const std::uint32_t> lengths) {
    const std::size_t longest = ends_.size() - 2;
    std::fill(ends_.begin(), ends_.end(), 0);
    for (const auto cell : cells) ++ends_[longest - lengths[cell] + 1];
    std::partial_sum(ends_.begin(), ends_.end(), ends_.begin());
    sorted_.resize(cells.size());
    for (const auto cell : cells) sorted_[ends_[longest - lengths[cell]]++] = cell;
    std::copy(sorted_.begin(), sorted_.end(), cells.begin());
  }

 private:
  std::vector<std::size_t> ends_;  // of the cells of a length, falling, that were laid down so far
  std::vector<std::uint32_t> sorted_;
};

/// Lays a run of the sequence in a random order.
void shuffle_part(std::vector<std::uint32_t>& sequence, std::size_t begin, std::size_t end,
                  support::RandomStream& random) {
  std::vector<std::uint32_t> part(sequence.begin() + static_cast<std::ptrdiff_t>(begin),
                                  sequence.begin() + static_cast<std::ptrdiff_t>(end));
  random.shuffle(part);
  std::copy(part.begin(), part.end(), sequence.begin() + static_cast<std::ptrdiff_t>(begin));
}

}  // namespace

void describe(support::OptionVisitor& visit, SamplerOptions& options) {
  visit.field("batch_size", options.batch_size, "cells a batch and rank", support::between(1, 1 << 20));
  visit.field("batch_tokens", options.batch_tokens,
              "instead: about so many tokens a batch and rank, as many cells as that takes; 0 = by cells",
              support::between(0, std::int64_t{1} << 31));
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
                                           std::span<const std::uint32_t> cells, std::size_t slots,
                                           const SamplerOptions& options)
    : lengths_(lengths),
      takes_part_(lengths.size()),
      options_(options),
      global_size_(static_cast<std::size_t>(std::max<std::int64_t>(0, options.batch_size)) * slots) {
  if (options_.megabatch_multiplier < 1) {
    throw ConfigError("sampler: megabatch_multiplier is " + std::to_string(options_.megabatch_multiplier) +
                      ", expected at least 1");
  }
  for (const std::uint32_t cell : cells) {
    if (cell >= lengths_.size()) {
      throw Error("sampler: cell " + std::to_string(cell) + " was named, but there are " +
                  std::to_string(lengths_.size()) + " cells");
    }
    if (takes_part_[cell]) throw Error("sampler: cell " + std::to_string(cell) + " was named twice");
    takes_part_[cell] = true;
    longest_ = std::max(longest_, lengths_[cell]);
  }
  order_.resize(cells.size());
  if (options_.batch_tokens > 0) {
    if (std::cmp_less(options_.batch_tokens, longest_)) {
      throw ConfigError("sampler: batch_tokens is " + std::to_string(options_.batch_tokens) +
                        ", expected at least the " + std::to_string(longest_) + " of the longest cell");
    }
    double tokens = 0;
    for (const std::uint32_t cell : cells) tokens += lengths_[cell];
    const double mean = std::max(1.0, tokens / std::max(1.0, static_cast<double>(cells.size())));
    cells_per_batch_ = static_cast<double>(options_.batch_tokens) * static_cast<double>(slots) / mean;
    global_size_ = static_cast<std::size_t>(std::llround(cells_per_batch_));
  }
  if (global_size_ == 0) throw ConfigError("sampler: a global batch of 0 cells was asked for");
  plan_batches();
  set_epoch(0);
}

/// How many batches a megabatch of so many cells is cut into.
std::size_t LengthGroupedSampler::batches_of(std::size_t cells) const {
  if (options_.batch_tokens == 0) return (cells + global_size_ - 1) / global_size_;
  // Rather one batch more than batches much larger than asked for, which a short last megabatch would have.
  constexpr double kOver = 0.05;
  const auto batches = static_cast<std::size_t>(
      std::max(0.0, std::ceil(static_cast<double>(cells) / cells_per_batch_ - kOver)));
  return std::clamp<std::size_t>(batches, 1, cells);
}

void LengthGroupedSampler::plan_batches() {
  const auto multiplier = static_cast<std::size_t>(options_.megabatch_multiplier);
  megabatch_size_ =
      options_.batch_tokens == 0
          ? multiplier * global_size_
          : static_cast<std::size_t>(std::ceil(static_cast<double>(multiplier) * cells_per_batch_));
  std::size_t batches = 0;
  for (std::size_t begin = 0; begin < order_.size(); begin += megabatch_size_)
    batches += batches_of(std::min(megabatch_size_, order_.size() - begin));
  sequence_.resize(batches);
  if (options_.batch_tokens > 0) begins_.resize(batches + 1);
}

void LengthGroupedSampler::set_epoch(std::uint64_t epoch) {
  epoch_ = epoch;
  auto next = order_.begin();
  for (std::size_t cell = 0; cell < takes_part_.size(); ++cell) {
    if (takes_part_[cell]) *next++ = static_cast<std::uint32_t>(cell);
  }
  std::iota(sequence_.begin(), sequence_.end(), 0U);
  auto random = support::RandomStream::of({static_cast<std::uint64_t>(options_.seed), epoch});
  random.shuffle(order_);
  LengthSort sort(longest_);
  std::size_t first_batch = 0;
  for (std::size_t begin = 0; begin < order_.size(); begin += megabatch_size_) {
    const auto size = std::min(megabatch_size_, order_.size() - begin), batches = batches_of(size);
    if (options_.order != BatchOrder::kRandom) sort(std::span(order_).subspan(begin, size), lengths_);
    if (options_.batch_tokens > 0) cut_by_tokens(begin, begin + size, first_batch, batches);
    // What does not fill a batch stays at the end.
    const bool ragged = options_.batch_tokens == 0 && size % global_size_ != 0;
    if (options_.order == BatchOrder::kShuffled)
      shuffle_part(sequence_, first_batch, first_batch + batches - (ragged ? 1 : 0), random);
    first_batch += batches;
  }
  const bool ragged = options_.batch_tokens == 0 && order_.size() % global_size_ != 0;
  if (options_.order == BatchOrder::kShuffled) put_longest_first(sequence_.size() - (ragged ? 1 : 0));
}

/// Every batch gets at least one cell.
void LengthGroupedSampler::cut_by_tokens(std::size_t begin, std::size_t end, std::size_t first_batch,
                                         std::size_t batches) {
  double all = 0;
  for (std::size_t i = begin; i < end; ++i) all += lengths_[order_[i]];
  double before = 0;
  std::size_t at = begin;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    const double share = all * static_cast<double>(batch) / static_cast<double>(batches);
    const std::size_t earliest = batch == 0 ? begin : begins_[first_batch + batch - 1] + 1;
    const std::size_t latest = end - (batches - batch);
    while (at < latest && (at < earliest || before + lengths_[order_[at]] / 2.0 < share))
      before += lengths_[order_[at++]];
    begins_[first_batch + batch] = at;
  }
  begins_[first_batch + batches] = end;
}

void LengthGroupedSampler::put_longest_first(std::size_t full_batches) {
  std::size_t found = 0;
  const auto longest_of = [&](std::size_t i) { return lengths_[stored_batch(sequence_[i]).front()]; };
  for (std::size_t i = 1; i < full_batches; ++i) {
    if (longest_of(i) > longest_of(found)) found = i;
  }
  if (found > 0) std::swap(sequence_[0], sequence_[found]);
}

std::span<const std::uint32_t> LengthGroupedSampler::stored_batch(std::size_t batch) const {
  const bool by_tokens = options_.batch_tokens > 0;
  const std::size_t begin = by_tokens ? begins_[batch] : batch * global_size_;
  const std::size_t end = by_tokens ? begins_[batch + 1] : std::min(order_.size(), begin + global_size_);
  return std::span(order_).subspan(begin, end - begin);
}

std::span<const std::uint32_t> LengthGroupedSampler::global_batch(std::size_t index) const {
  if (index >= batch_count()) {
    throw Error("sampler: batch " + std::to_string(index) + " was asked for, but an epoch has " +
                std::to_string(batch_count()));
  }
  return stored_batch(sequence_[index]);
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
