#pragma once
/// @file
/// Counts variants that were left out, each once a haplotype. Internal to the room.

#include "carried_variants.hpp"

#include <biodta/genome/haplotypes.hpp>

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace biodta::genome::detail {

class SkippedCounter {
 public:
  /// Counts unless this record was counted for this haplotype before.
  void add(std::string_view contig, const VariantRecord& record, const HaplotypeId& haplotype,
           Obstacle::Kind kind);
  const SkippedVariants& counts() const noexcept { return counts_; }

 private:
  SkippedVariants counts_;
  /// By a hash of contig, position and alleles: one bit a haplotype, so that hundreds of donors take little
  /// room.
  std::unordered_map<std::uint64_t, std::vector<bool>> seen_;
};

}  // namespace biodta::genome::detail
