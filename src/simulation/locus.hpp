#pragma once
/// @file
/// A locus under construction: random bases into which motifs are placed. Internal to the room.

#include "dna.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace biodta::simulation::detail {

/// Offsets are those of the window; `margin` more bases stand on either side of it.
class Locus {
 public:
  /// Keeps references to the model and the stream.
  Locus(const PromoterModel& model, std::size_t margin, support::RandomStream& random);

  /// The TATA box, in some with one base changed; where it is absent its place is kept free all the same.
  void place_tata(bool present);
  /// The gene's promoter motifs of random kinds, and `first_kind` more of the first.
  void place_promoter(std::int64_t first_kind);
  void place_factor(std::size_t factor);
  /// Any word at a random free place. @return its start.
  std::size_t place_word(std::string_view word);
  /// Changes unplanned bases until no factor's motif stands where none was placed.
  /// @return false where that cannot be, since the motif lies across words that were placed side by side.
  bool scrub_factors();

  const std::string& sequence() const noexcept { return sequence_; }
  std::string_view window() const;
  bool is_occupied(std::size_t at) const { return occupied_[at]; }
  /// Promoter and factor motifs placed, in the order of their placing.
  const std::vector<MotifHit>& placed() const noexcept { return placed_; }

 private:
  void place_motif(std::size_t kind);
  void write(std::string_view word, std::size_t start);
  std::size_t find_room();

  const PromoterModel& model_;
  std::size_t margin_;
  support::RandomStream& random_;
  std::string sequence_;
  std::vector<bool> occupied_;
  std::vector<MotifHit> placed_;
};

}  // namespace biodta::simulation::detail
