#include "skipped_counter.hpp"

#include <functional>
#include <string>

namespace biodta::genome::detail {
namespace {

std::uint64_t key_of(std::string_view contig, const VariantRecord& record) {
  std::string text(contig);
  text += ':' + std::to_string(record.position) + ':' + record.id;
  for (const std::string& allele : record.alleles) text += ':' + allele;
  return std::hash<std::string>{}(text);
}

}  // namespace

void SkippedCounter::add(std::string_view contig, const VariantRecord& record, const HaplotypeId& haplotype,
                         Obstacle::Kind kind) {
  std::vector<bool>& seen = seen_[key_of(contig, record)];
  const std::size_t bit = haplotype == kFirstAlternatives
                              ? 0
                              : 1 + 2 * haplotype.sample + static_cast<std::size_t>(haplotype.haplotype);
  if (bit >= seen.size()) seen.resize(bit + 1);
  if (seen[bit]) return;
  seen[bit] = true;
  if (kind == Obstacle::Kind::kMismatch) ++counts_.mismatches;
  if (kind == Obstacle::Kind::kOverlap) ++counts_.overlaps;
  if (kind == Obstacle::Kind::kUnsupported) ++counts_.unsupported;
}

}  // namespace biodta::genome::detail
