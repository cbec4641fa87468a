#pragma once
/// @file
/// Counts variants that were left out, each once a haplotype. Internal to the room.

#include "carried_variants.hpp"

#include <biodta/genome/haplotypes.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace biodta::genome::detail {

class SkippedCounter {
 public:
  /// Counts unless this record was counted for this haplotype before.
  void add(std::string_view contig, const VariantRecord& record, const HaplotypeId& haplotype,
           Obstacle::Kind kind);
  /// Tells of variants that windows took.
  void add_taken(std::uint64_t variants) noexcept { met_taken_ += variants; }
  const SkippedVariants& counts() const noexcept { return counts_; }
  /// See HaplotypeReader::skipped_text.
  std::string text() const;

 private:
  SkippedVariants counts_;
  /// Once a window and haplotype, for the share.
  std::uint64_t met_skipped_ = 0;
  std::uint64_t met_taken_ = 0;
  /// By a hash of contig, position and alleles: one bit a haplotype, so that hundreds of donors take little
  /// room.
  std::unordered_map<std::uint64_t, std::vector<bool>> seen_;
};

}  // namespace biodta::genome::detail
