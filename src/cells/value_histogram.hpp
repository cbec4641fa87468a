#pragma once
/// @file
/// A histogram of positive numbers from which a median can be told to within 0.1 %.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace biodta::cells {

/// 512 bins an octave: the sign, the exponent and the first nine bits of the mantissa of a float32. Pages of
/// 64 bins are made where values fall. The contents depend on the values alone, not on their order.
class ValueHistogram {
 public:
  void add(double value);
  void merge(const ValueHistogram& other);
  std::uint64_t count() const noexcept { return count_; }
  /// The middle of the bin of the middle value; of the two in the middle where their number is even. Not for
  /// an empty histogram.
  double median() const;

 private:
  static constexpr std::size_t kBinsPerPage = 64;
  using Page = std::array<std::uint32_t, kBinsPerPage>;

  Page& page(std::uint32_t number);
  double value_at(std::uint64_t rank) const;

  std::uint64_t count_ = 0;
  std::vector<std::uint32_t> numbers_;  // of the pages, ascending
  std::vector<Page> pages_;
};

}  // namespace biodta::cells
