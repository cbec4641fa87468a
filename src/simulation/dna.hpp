#pragma once
/// @file
/// Motifs, and what a window of DNA says by them. Internal to the room.

#include <biodta/simulation/world.hpp>
#include <biodta/support/random.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::simulation::detail {

/// All motifs are 8-mers, matched exactly and on the + strand only.
constexpr std::size_t kMotifLength = 8;

/// Kinds of motifs in one numbering: promoter motifs first, then the factors'.
struct MotifHit {
  std::size_t kind = 0;
  std::size_t start = 0;  ///< offset in the window
  bool operator==(const MotifHit&) const = default;
};

/// Draws motifs that no few substitutions turn into one another, and of at least three different letters.
MotifSet draw_motifs(std::size_t promoter_kinds, std::size_t factors, support::RandomStream& random);

/// Replaces a base by one of the three others.
char other_base(char base, support::RandomStream& random);
std::string random_bases(std::size_t length, support::RandomStream& random);

/// Reads windows of one world.
class PromoterModel {
 public:
  /// Keeps references to both.
  PromoterModel(const PromoterOptions& options, const MotifSet& motifs);

  const PromoterOptions& options() const noexcept { return options_; }
  const MotifSet& motifs() const noexcept { return motifs_; }
  std::size_t promoter_kinds() const noexcept { return motifs_.promoter.size(); }
  std::size_t kind_of_factor(std::size_t factor) const noexcept { return promoter_kinds() + factor; }
  const std::string& word(std::size_t kind) const;

  /// Every promoter and factor motif, by position.
  std::vector<MotifHit> hits(std::string_view window) const;
  /// How often each factor's motif occurs.
  std::vector<std::size_t> factor_counts(std::string_view window) const;
  /// Natural logarithm of the promoter's strength.
  double log_strength(std::string_view window) const;
  /// Position of a motif's centre from the TSS (bp).
  double offset_from_tss(std::size_t start) const noexcept;
  std::size_t tata_start() const noexcept;

 private:
  double tata_term(std::string_view window) const;

  const PromoterOptions& options_;
  const MotifSet& motifs_;
  std::vector<std::int8_t> kind_of_code_;  ///< by the 8-mer's 16-bit code; -1 = no motif
};

}  // namespace biodta::simulation::detail
