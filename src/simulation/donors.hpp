#pragma once
/// @file
/// The genes' DNA with its variants, and the donors who carry them. Internal to the room.

#include "dna.hpp"
#include "network.hpp"

#include <string>
#include <vector>

namespace biodta::simulation::detail {

/// A substitution in a gene's window.
struct WindowVariant {
  std::size_t at = 0;  ///< offset in the window
  char alt = 'A';
  double frequency = 0.0;
  std::vector<bool> carriers;  ///< one a donor
};

struct GeneDna {
  std::string window;                   ///< reference
  std::vector<WindowVariant> variants;  ///< by offset
  double log_strength = 0.0;
  std::vector<double> donor_log_strength;  ///< one a donor
};

/// One gene's promoter, its regulators' motifs, its variants and what each donor has.
/// @param regulators  factors whose motif it carries.
GeneDna make_gene_dna(const WorldOptions& options, const PromoterModel& model, std::size_t gene,
                      const std::vector<std::size_t>& regulators);

}  // namespace biodta::simulation::detail
