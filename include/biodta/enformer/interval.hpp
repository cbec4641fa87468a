#pragma once
/// @file
/// A run of positions: bases, rows or bins.

#include <cstdint>

namespace biodta::enformer {

/// [first, end).
struct Interval {
  std::int64_t first = 0;
  std::int64_t end = 0;
  std::int64_t size() const noexcept { return end - first; }
  bool operator==(const Interval&) const = default;
};

}  // namespace biodta::enformer
