#include "locus.hpp"

#include "streams.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>

namespace biodta::simulation::detail {

Locus::Locus(const PromoterModel& model, std::size_t margin, support::RandomStream& random)
    : model_(model),
      margin_(margin),
      random_(random),
      sequence_(random_bases(static_cast<std::size_t>(model.options().window) + 2 * margin, random)),
      occupied_(static_cast<std::size_t>(model.options().window), false) {}

std::string_view Locus::window() const {
  return std::string_view(sequence_).substr(margin_, occupied_.size());
}

void Locus::write(std::string_view word, std::size_t start) {
  sequence_.replace(margin_ + start, word.size(), word);
  std::fill_n(occupied_.begin() + static_cast<std::ptrdiff_t>(start), word.size(), true);
}

void Locus::place_tata(bool present) {
  const std::size_t start = model_.tata_start();
  std::string word = present ? model_.motifs().tata : std::string(window().substr(start, kMotifLength));
  if (present && random_.bernoulli(model_.options().tata_damaged_share)) {
    char& base = word[random_.below(kMotifLength)];
    base = other_base(base, random_);
  }
  write(word, start);
}

std::size_t Locus::find_room() {
  constexpr int kTrials = 100000;
  const PromoterOptions& options = model_.options();
  for (int trial = 0; trial < kTrials; ++trial) {
    const std::int64_t centre = options.window / 2 + between(random_, -options.reach, options.reach);
    const auto start = static_cast<std::size_t>(centre) - kMotifLength / 2;
    const auto first = occupied_.begin() + static_cast<std::ptrdiff_t>(start);
    if (std::none_of(first, first + kMotifLength, [](bool taken) { return taken; })) return start;
  }
  throw ConfigError("promoters.reach: " + std::to_string(options.reach) +
                    " bp on either side of the TSS leave no room for all motifs of a gene");
}

std::size_t Locus::place_word(std::string_view word) {
  const std::size_t start = find_room();
  write(word, start);
  return start;
}

void Locus::place_motif(std::size_t kind) {
  placed_.push_back({kind, place_word(model_.word(kind))});
}

void Locus::place_factor(std::size_t factor) {
  place_motif(model_.kind_of_factor(factor));
}

void Locus::place_promoter(std::int64_t first_kind) {
  const PromoterOptions& options = model_.options();
  const std::int64_t count = between(random_, options.fewest_motifs, options.most_motifs);
  for (std::int64_t i = 0; i < count; ++i) place_motif(random_.below(model_.promoter_kinds()));
  for (std::int64_t i = 0; i < first_kind; ++i) place_motif(0);
}

bool Locus::scrub_factors() {
  for (;;) {
    bool clean = true;
    for (const MotifHit& hit : model_.hits(window())) {
      const bool wanted = std::find(placed_.begin(), placed_.end(), hit) != placed_.end();
      if (wanted || hit.kind < model_.promoter_kinds()) continue;
      clean = false;
      std::vector<std::size_t> free;
      for (std::size_t at = hit.start; at < hit.start + kMotifLength; ++at) {
        if (!occupied_[at]) free.push_back(at);
      }
      if (free.empty()) return false;
      char& base = sequence_[margin_ + free[random_.below(free.size())]];
      base = other_base(base, random_);
    }
    if (clean) return true;
  }
}

}  // namespace biodta::simulation::detail
