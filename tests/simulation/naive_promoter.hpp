#pragma once
/// @file
/// The recipe of a promoter written down a second time, slowly and by text search, for the tests to compare
/// with.

#include <biodta/simulation/world.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::testing {

/// Starts of a word, overlapping ones too.
inline std::vector<std::size_t> occurrences(std::string_view text, std::string_view word) {
  std::vector<std::size_t> starts;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    starts.push_back(at);
  }
  return starts;
}

/// log S of facts: Σ weight × exp(-|p| / 150) over a 1,024 bp window with the TSS at 512, and the TATA box at
/// -30.
inline double naive_log_strength(std::string_view window, const simulation::MotifSet& motifs) {
  const double weights[] = {1.0, 0.8, 0.6, -0.8};
  double sum = 0.0;
  for (std::size_t kind = 0; kind < 4; ++kind) {
    for (const std::size_t start : occurrences(window, motifs.promoter[kind])) {
      sum += weights[kind] * std::exp(-std::fabs(static_cast<double>(start) + 4.0 - 512.0) / 150.0);
    }
  }
  int wrong = 0;
  for (std::size_t i = 0; i < 8; ++i) wrong += window[482 + i] != motifs.tata[i] ? 1 : 0;
  if (wrong == 1) sum -= 0.7;
  if (wrong > 1) sum -= 2.0;
  return sum;
}

inline std::string window_of(const simulation::World& world, std::size_t gene) {
  const auto& place = world.genes[gene];
  return world.contigs[place.contig].sequence.substr(static_cast<std::size_t>(place.tss) - 512, 1024);
}

/// The window as one donor has it.
inline std::string donor_window(const simulation::World& world, std::size_t gene, std::size_t donor) {
  std::string window = window_of(world, gene);
  for (const auto& variant : world.variants) {
    if (variant.gene != gene || !variant.carriers[donor]) continue;
    window[static_cast<std::size_t>(variant.edit.position - world.genes[gene].tss + 512)] =
        variant.edit.alt[0];
  }
  return window;
}

/// A world with few cells and loci, for what does not depend on them.
inline simulation::WorldOptions few_cells(std::int64_t seed) {
  simulation::WorldOptions options;
  options.seed = seed;
  options.cells.count = 40;
  options.loci.count = 4;
  return options;
}

}  // namespace biodta::testing
