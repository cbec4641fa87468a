#pragma once
/// @file
/// What a WindowHaplotypes holds. Internal to the room.

#include "replacement.hpp"

#include <biodta/genome/haplotypes.hpp>

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace biodta::genome {

struct WindowHaplotypes::Implementation {
  std::int64_t tss = 0;
  std::int64_t length = 0;
  std::int64_t start = 0;  ///< of `letters` on the contig
  std::string letters;
  std::vector<detail::Replacement> pool;
  std::vector<std::vector<std::uint32_t>> distinct;  ///< members of the pool, each by position
  std::vector<std::size_t> of;                       ///< [haplotypes asked for]
  std::vector<HaplotypeId> haplotypes;
  std::unordered_set<std::size_t> differing;  ///< samples with a haplotype that is not the reference
};

}  // namespace biodta::genome
