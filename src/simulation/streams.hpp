#pragma once
/// @file
/// One random stream a purpose and item, so that no part of the world depends on how many numbers another
/// drew. Internal to the room.

#include <biodta/simulation/world_options.hpp>
#include <biodta/support/random.hpp>

#include <cstddef>
#include <cstdint>

namespace biodta::simulation::detail {

/// The numbers are part of what a seed means: never reuse one.
enum class Purpose : std::uint64_t {
  kMotifs = 1,
  kNetwork,
  kGeneDna,
  kVariants,
  kSpacers,
  kExpression,
  kCells,
  kLoci,
  kTracks
};

inline support::RandomStream stream_of(const WorldOptions& options, Purpose purpose, std::size_t item = 0) {
  return support::RandomStream::of(
      {static_cast<std::uint64_t>(options.seed), static_cast<std::uint64_t>(purpose), item});
}

/// Uniform in [low, high], both ends included.
inline std::int64_t between(support::RandomStream& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

}  // namespace biodta::simulation::detail
