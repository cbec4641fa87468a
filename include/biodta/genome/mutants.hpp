#pragma once
/// @file
/// Mutants made by plan rather than by chance: saturation mutagenesis, masked tiles, a motif written in. A
/// mutant is its list of edits; edited_window (haplotypes.hpp) makes its DNA, and mutant_files.hpp keeps it.

#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::genome {

/// A mutant with the name under which it is written and reported.
struct NamedMutant {
  std::string name;  ///< no blank, comma or semicolon
  std::string contig;
  std::vector<Edit> edits;  ///< by position
  bool operator==(const NamedMutant&) const = default;
};

/// Reference letters that mutants are made of.
struct ContigPiece {
  std::string contig;
  std::int64_t start = 0;  ///< 0-based contig position of letters[0]
  std::string letters;     ///< uppercase ACGTN

  std::int64_t end() const noexcept { return start + static_cast<std::int64_t>(letters.size()); }
};

/// Every known base of `interval` (0-based, half-open) to each of the three others, by position and then in
/// the order A, C, G, T: three mutants a base, named "chr8:11561660:A>C" (1-based). N is passed over. Throws
/// InputError where the interval leaves the piece.
std::vector<NamedMutant> saturation_mutants(const ContigPiece& piece, Window interval);

/// Tiles of `width` bp, each `step` bp after the one before, laid from the interval's start as far as its
/// end, where the last is cut; one mutant a tile, whose known bases all become N. Named
/// "chr8:11561600-11561619:N" (1-based, both ends). Tiles of N alone are passed over. Throws InputError where
/// the interval leaves the piece, and for a width or step below 1.
std::vector<NamedMutant> masked_tiles(const ContigPiece& piece, Window interval, std::int64_t width,
                                      std::int64_t step);

/// `motif` (letters ACGTN in either case) written over the reference from `position` on; no edit where it
/// stands there already. Named "chr8:11561600:AGATAAG". Throws InputError where it leaves the piece, and for
/// other letters.
NamedMutant motif_mutant(const ContigPiece& piece, std::int64_t position, std::string_view motif);

}  // namespace biodta::genome
