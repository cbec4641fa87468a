#include "skipped_counter.hpp"

#include <biodta/support/text.hpp>
#include <biodta/support/tsv.hpp>

#include <cmath>
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
  ++met_skipped_;
  std::vector<bool>& seen = seen_[key_of(contig, record)];
  // Those of no sample stand for the record.
  const std::size_t bit = haplotype.sample == kFirstAlternatives.sample
                              ? 0
                              : 1 + 2 * haplotype.sample + static_cast<std::size_t>(haplotype.haplotype);
  if (bit >= seen.size()) seen.resize(bit + 1);
  if (seen[bit]) return;
  seen[bit] = true;
  if (kind == Obstacle::Kind::kMismatch) ++counts_.mismatches;
  if (kind == Obstacle::Kind::kOverlap) ++counts_.overlaps;
  if (kind == Obstacle::Kind::kUnsupported) ++counts_.unsupported;
}

std::string SkippedCounter::text() const {
  std::vector<std::string> words;
  const auto tell = [&](std::uint64_t count, const char* what) {
    if (count > 0) words.push_back(support::with_thousands(count) + what);
  };
  tell(counts_.mismatches, " whose REF is not the genome's");
  tell(counts_.overlaps, " that overlap another");
  tell(counts_.unsupported, " with alleles that are not understood");
  if (words.empty()) return {};
  const double share = static_cast<double>(met_skipped_) / static_cast<double>(met_skipped_ + met_taken_);
  std::string text = support::join_words(words) + " (" +
                     support::format_double(std::round(share * 1000.0) / 10.0) +
                     " % of what the windows hold)";
  if (share > 0.5 && counts_.mismatches > counts_.overlaps + counts_.unsupported)
    text += "; genome and variants may be of two assemblies";
  return text;
}

}  // namespace biodta::genome::detail
