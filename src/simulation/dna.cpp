#include "dna.hpp"

#include "streams.hpp"

#include <biodta/genome/sequence.hpp>

#include <cmath>
#include <set>

namespace biodta::simulation::detail {
namespace {

constexpr std::string_view kBases = "ACGT";
constexpr std::size_t kLeastDistance = 4;
constexpr std::size_t kLeastLetters = 3;
constexpr std::uint32_t kCodes = 1U << (2 * kMotifLength);

std::size_t mismatches(std::string_view a, std::string_view b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) count += a[i] != b[i] ? 1 : 0;
  return count;
}

std::uint32_t append_base(std::uint32_t code, char base) {
  return ((code << 2) | static_cast<std::uint32_t>(genome::base_index(base))) & (kCodes - 1);
}

std::uint32_t code_of(std::string_view word) {
  std::uint32_t code = 0;
  for (const char base : word) code = append_base(code, base);
  return code;
}

std::string draw_motif(const std::vector<std::string>& kept, support::RandomStream& random) {
  for (;;) {
    std::string word = random_bases(kMotifLength, random);
    bool usable = std::set<char>(word.begin(), word.end()).size() >= kLeastLetters;
    for (const std::string& other : kept) usable = usable && mismatches(word, other) >= kLeastDistance;
    if (usable) return word;
  }
}

}  // namespace

char other_base(char base, support::RandomStream& random) {
  return kBases[(static_cast<std::uint64_t>(genome::base_index(base)) + 1 + random.below(3)) % 4];
}

std::string random_bases(std::size_t length, support::RandomStream& random) {
  std::string bases(length, 'A');
  for (char& base : bases) base = kBases[random.below(4)];
  return bases;
}

MotifSet draw_motifs(std::size_t promoter_kinds, std::size_t factors, support::RandomStream& random) {
  std::vector<std::string> words;
  while (words.size() < promoter_kinds + 1 + factors) words.push_back(draw_motif(words, random));
  const auto tata = words.begin() + static_cast<std::ptrdiff_t>(promoter_kinds);
  return {{words.begin(), tata}, *tata, {tata + 1, words.end()}};
}

PromoterModel::PromoterModel(const PromoterOptions& options, const MotifSet& motifs)
    : options_(options), motifs_(motifs), kind_of_code_(kCodes, -1) {
  const std::size_t kinds = promoter_kinds() + motifs_.factors.size();
  for (std::size_t kind = 0; kind < kinds; ++kind)
    kind_of_code_[code_of(word(kind))] = static_cast<std::int8_t>(kind);
}

const std::string& PromoterModel::word(std::size_t kind) const {
  return kind < promoter_kinds() ? motifs_.promoter[kind] : motifs_.factors[kind - promoter_kinds()];
}

std::vector<MotifHit> PromoterModel::hits(std::string_view window) const {
  std::vector<MotifHit> found;
  std::uint32_t code = 0;
  for (std::size_t i = 0; i < window.size(); ++i) {
    code = append_base(code, window[i]);
    if (i + 1 < kMotifLength || kind_of_code_[code] < 0) continue;
    found.push_back({static_cast<std::size_t>(kind_of_code_[code]), i + 1 - kMotifLength});
  }
  return found;
}

std::vector<std::size_t> PromoterModel::factor_counts(std::string_view window) const {
  std::vector<std::size_t> counts(motifs_.factors.size(), 0);
  for (const MotifHit& hit : hits(window)) {
    if (hit.kind >= promoter_kinds()) ++counts[hit.kind - promoter_kinds()];
  }
  return counts;
}

double PromoterModel::log_strength(std::string_view window) const {
  double sum = tata_term(window);
  for (const MotifHit& hit : hits(window)) {
    if (hit.kind >= promoter_kinds()) continue;
    sum +=
        options_.motif_weights[hit.kind] * std::exp(-std::abs(offset_from_tss(hit.start)) / options_.decay);
  }
  return sum;
}

double PromoterModel::tata_term(std::string_view window) const {
  switch (mismatches(window.substr(tata_start(), kMotifLength), motifs_.tata)) {
    case 0:
      return 0.0;
    case 1:
      return options_.tata_damaged;
    default:
      return options_.tata_missing;
  }
}

double PromoterModel::offset_from_tss(std::size_t start) const noexcept {
  return static_cast<double>(start + kMotifLength / 2) - static_cast<double>(options_.window / 2);
}

std::size_t PromoterModel::tata_start() const noexcept {
  return static_cast<std::size_t>(options_.window / 2 + options_.tata_offset);
}

}  // namespace biodta::simulation::detail
