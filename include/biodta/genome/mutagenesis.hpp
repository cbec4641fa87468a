#pragma once
/// @file
/// In silico mutagenesis of a window of DNA (paper section 3): random substitutions around a transcription
/// start site. Mutants made by plan stand in mutants.hpp.

#include <biodta/genome/variants.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/random.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::genome {

struct MutagenesisOptions {
  /// Bases in [TSS - distance, TSS + distance) may change (bp).
  std::int64_t distance = 128;
  /// Share of those bases that is redrawn, each to one of the three other bases; 1 = every base is drawn anew
  /// from all four.
  double rate = 1.0;
  /// 0 = by the rate; otherwise exactly this number of those bases changes, each to one of the three others.
  std::int64_t number = 0;
};
void describe(support::OptionVisitor& visit, MutagenesisOptions& options);

/// A mutant is its list of edits, replayable on the reference.
struct Mutant {
  std::vector<Edit> edits;  ///< by position; single-base substitutions
  std::string sequence;     ///< the window with the edits made
};
/// @param window   reference window, uppercase ACGTN; N is never changed.
/// @param start    0-based contig position of window[0], so that edits carry contig positions.
/// @param tss      0-based contig position of the TSS; must lie in the window (InputError).
/// Throws InputError also where fewer known bases lie within the distance than options.number.
/// The same stream gives the same mutant on every machine.
Mutant random_mutant(std::string_view window, std::int64_t start, std::int64_t tss,
                     const MutagenesisOptions& options, support::RandomStream& random);

}  // namespace biodta::genome
