#include "changed_bins.hpp"

#include <algorithm>
#include <tuple>

namespace biodta::enformer {
namespace {

/// Runs of letters that differ; runs less than `near` letters apart come as one.
std::vector<Interval> differences(std::string_view reference, std::string_view variant, std::int64_t near) {
  std::vector<Interval> runs;
  auto at = reference.begin();
  auto other = variant.begin();
  for (;;) {
    std::tie(at, other) = std::mismatch(at, reference.end(), other);
    if (at == reference.end()) return runs;
    const auto position = static_cast<std::int64_t>(at - reference.begin());
    if (!runs.empty() && position - runs.back().end < near) {
      runs.back().end = position + 1;
    } else {
      runs.push_back({position, position + 1});
    }
    ++at;
    ++other;
  }
}

}  // namespace

std::vector<Interval> changed_bins(const EnformerImpl& model, std::string_view reference,
                                   std::string_view variant) {
  const auto length = static_cast<std::int64_t>(reference.size());
  // Between two runs of bins a tile computes anew what both see: no more than the bins of one base.
  const auto seen = model.bins_that_see({length / 2, length / 2 + 1}, length).size();
  std::vector<Interval> runs;
  for (const auto& bases : differences(reference, variant, model.config().bin_size())) {
    const auto bins = model.bins_that_see(bases, length);
    if (!runs.empty() && bins.first <= runs.back().end + seen) {
      runs.back().end = bins.end;
    } else {
      runs.push_back(bins);
    }
  }
  return runs;
}

}  // namespace biodta::enformer
