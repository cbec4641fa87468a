#include "skipped_counter.hpp"

#include <biodta/support/text.hpp>

#include <functional>
#include <string>
#include <vector>

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

namespace biodta::genome {

std::string skipped_text(const SkippedVariants& skipped) {
  std::vector<std::string> words;
  const auto tell = [&](std::uint64_t count, const char* what) {
    if (count > 0) words.push_back(support::with_thousands(count) + what);
  };
  tell(skipped.mismatches, " whose REF is not the genome's");
  tell(skipped.overlaps, " that overlap another");
  tell(skipped.unsupported, " with alleles that are not understood");
  return words.empty() ? "" : support::join_words(words);
}

}  // namespace biodta::genome
