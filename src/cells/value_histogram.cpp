#include "value_histogram.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <bit>

namespace biodta::cells {
namespace {

constexpr std::uint32_t kBinBits = 14;   // of a float32's 32 that are below a bin
constexpr std::uint32_t kPageBits = 20;  // and below a page

float edge(std::uint32_t bin) {
  return std::bit_cast<float>(bin << kBinBits);
}

}  // namespace

ValueHistogram::Page& ValueHistogram::page(std::uint32_t number) {
  const auto found = std::lower_bound(numbers_.begin(), numbers_.end(), number);
  const auto place = found - numbers_.begin();
  if (found == numbers_.end() || *found != number) {
    numbers_.insert(found, number);
    pages_.insert(pages_.begin() + place, Page{});
  }
  return pages_[static_cast<std::size_t>(place)];
}

void ValueHistogram::add(double value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  ++page(bits >> kPageBits)[(bits >> kBinBits) % kBinsPerPage];
  ++count_;
}

void ValueHistogram::merge(const ValueHistogram& other) {
  for (std::size_t i = 0; i < other.pages_.size(); ++i) {
    Page& mine = page(other.numbers_[i]);
    for (std::size_t bin = 0; bin < kBinsPerPage; ++bin) mine[bin] += other.pages_[i][bin];
  }
  count_ += other.count_;
}

double ValueHistogram::value_at(std::uint64_t rank) const {
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < pages_.size(); ++i) {
    for (std::uint32_t bin = 0; bin < kBinsPerPage; ++bin) {
      before += pages_[i][bin];
      if (before <= rank) continue;
      const std::uint32_t number = (numbers_[i] << (kPageBits - kBinBits)) + bin;
      return (static_cast<double>(edge(number)) + static_cast<double>(edge(number + 1))) / 2.0;
    }
  }
  throw Error("median: the histogram is empty");
}

double ValueHistogram::median() const {
  const double upper = value_at(count_ / 2);
  return count_ % 2 == 1 ? upper : (value_at(count_ / 2 - 1) + upper) / 2.0;
}

}  // namespace biodta::cells
