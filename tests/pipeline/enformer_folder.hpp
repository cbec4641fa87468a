#pragma once
/// @file
/// The small random Enformer of tests/data/enformer: windows of 256 bp, embeddings 24 wide.

#include "testing.hpp"

namespace biodta::testing {

inline constexpr std::int64_t kSmallWindow = 256;
inline std::filesystem::path small_enformer() {
  return fixture("enformer/small");
}

}  // namespace biodta::testing
