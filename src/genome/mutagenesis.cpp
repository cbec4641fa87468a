#include <biodta/genome/mutagenesis.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace biodta::genome {
namespace {

constexpr std::string_view kBases = "ACGT";

/// Offsets in the window of the known bases that may change.
std::vector<std::size_t> mutable_offsets(std::string_view window, std::int64_t tss_offset,
                                         std::int64_t distance) {
  const auto size = static_cast<std::int64_t>(window.size());
  const std::int64_t first = std::clamp<std::int64_t>(tss_offset - distance, 0, size);
  const std::int64_t last = std::clamp<std::int64_t>(tss_offset + distance, 0, size);
  std::vector<std::size_t> offsets;
  for (auto at = static_cast<std::size_t>(first); at < static_cast<std::size_t>(last); ++at) {
    if (base_index(window[at]) >= 0) offsets.push_back(at);
  }
  return offsets;
}

/// A sorted random subset of `count` offsets (the first steps of Fisher-Yates).
std::vector<std::size_t> choose(std::vector<std::size_t> offsets, std::size_t count,
                                support::RandomStream& random) {
  for (std::size_t i = 0; i < count; ++i)
    std::swap(offsets[i], offsets[i + random.below(offsets.size() - i)]);
  offsets.resize(count);
  std::sort(offsets.begin(), offsets.end());
  return offsets;
}

std::size_t count_to_change(const MutagenesisOptions& options, std::size_t known, std::int64_t tss) {
  if (options.number == 0)
    return static_cast<std::size_t>(std::llround(options.rate * static_cast<double>(known)));
  const auto number = static_cast<std::size_t>(options.number);
  if (number <= known) return number;
  throw InputError("in silico mutagenesis: " + std::to_string(known) + " known bases within " +
                   std::to_string(options.distance) + " bp of the TSS " + std::to_string(tss + 1) +
                   ", expected at least the " + std::to_string(number) + " that shall change");
}

char draw_base(char old, bool may_stay, support::RandomStream& random) {
  const auto index = static_cast<std::uint64_t>(base_index(old));
  const std::uint64_t drawn = may_stay ? random.below(4) : (index + 1 + random.below(3)) % 4;
  return kBases[drawn];
}

}  // namespace

void describe(support::OptionVisitor& visit, MutagenesisOptions& options) {
  visit.field("distance", options.distance,
              "bases within this distance of the TSS, and in its window, may change (bp)",
              support::between(1, 1 << 30));
  visit.field(
      "rate", options.rate,
      "share of those bases that is redrawn, each to another base; 1 = all of them, from all four bases",
      support::between(0.0, 1.0));
  visit.field(
      "number", options.number,
      "number of those bases that change, each to another base, in place of the rate; 0 = by the rate",
      support::at_least(0));
}

Mutant random_mutant(std::string_view window, std::int64_t start, std::int64_t tss,
                     const MutagenesisOptions& options, support::RandomStream& random) {
  const std::int64_t tss_offset = tss - start;
  if (tss_offset < 0 || tss_offset >= static_cast<std::int64_t>(window.size())) {
    throw InputError("in silico mutagenesis: the TSS " + std::to_string(tss) + " lies outside its window [" +
                     std::to_string(start) + ", " +
                     std::to_string(start + static_cast<std::int64_t>(window.size())) + ")");
  }
  const bool all = options.rate >= 1.0 && options.number == 0;
  std::vector<std::size_t> offsets = mutable_offsets(window, tss_offset, options.distance);
  if (!all) {
    const std::size_t count = count_to_change(options, offsets.size(), tss);
    offsets = choose(std::move(offsets), count, random);
  }
  Mutant mutant{{}, std::string(window)};
  for (const std::size_t at : offsets) {
    const char drawn = draw_base(window[at], all, random);
    if (drawn == window[at]) continue;
    mutant.sequence[at] = drawn;
    mutant.edits.push_back(
        {start + static_cast<std::int64_t>(at), std::string(1, window[at]), std::string(1, drawn)});
  }
  return mutant;
}

}  // namespace biodta::genome
