#include <biodta/genome/mutants.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>

namespace biodta::genome {
namespace {

constexpr std::string_view kMutantBases = "ACGT";

std::string place_text(const ContigPiece& piece, Window interval) {
  return piece.contig + ":" + std::to_string(interval.start + 1) + "-" + std::to_string(interval.end);
}

void require_inside(const ContigPiece& piece, Window interval) {
  if (interval.start >= piece.start && interval.end <= piece.end() && interval.start <= interval.end) return;
  throw InputError("in silico mutagenesis: " + place_text(piece, interval) + " lies outside its window, " +
                   place_text(piece, {piece.start, piece.end()}));
}

std::string_view letters_of(const ContigPiece& piece, Window interval) {
  return std::string_view(piece.letters)
      .substr(static_cast<std::size_t>(interval.start - piece.start),
              static_cast<std::size_t>(interval.length()));
}

}  // namespace

std::vector<NamedMutant> saturation_mutants(const ContigPiece& piece, Window interval) {
  require_inside(piece, interval);
  std::vector<NamedMutant> mutants;
  std::int64_t position = interval.start;
  for (const char base : letters_of(piece, interval)) {
    for (const char other : kMutantBases) {
      if (base_index(base) < 0 || other == base) continue;
      const Edit edit{position, std::string(1, base), std::string(1, other)};
      mutants.push_back({piece.contig + ":" + std::to_string(position + 1) + ":" + edit.ref + ">" + edit.alt,
                         piece.contig,
                         {edit}});
    }
    ++position;
  }
  return mutants;
}

std::vector<NamedMutant> masked_tiles(const ContigPiece& piece, Window interval, std::int64_t width,
                                      std::int64_t step) {
  require_inside(piece, interval);
  if (width < 1 || step < 1) {
    throw InputError("in silico mutagenesis: tiles of " + std::to_string(width) + " bp every " +
                     std::to_string(step) + " bp, expected at least 1 of both");
  }
  std::vector<NamedMutant> mutants;
  for (std::int64_t start = interval.start; start < interval.end; start += step) {
    const Window tile{start, std::min(start + width, interval.end)};
    const std::string letters(letters_of(piece, tile));
    if (letters.find_first_of(kMutantBases) == std::string::npos) continue;
    mutants.push_back(
        {place_text(piece, tile) + ":N", piece.contig, {{start, letters, std::string(letters.size(), 'N')}}});
    if (tile.end == interval.end) break;
  }
  return mutants;
}

NamedMutant motif_mutant(const ContigPiece& piece, std::int64_t position, std::string_view motif) {
  const std::string letters = normalise_sequence(motif);
  for (std::size_t i = 0; i < motif.size(); ++i) {
    if (letters[i] != 'N' || motif[i] == 'N' || motif[i] == 'n') continue;
    throw InputError("in silico mutagenesis: the motif " + std::string(motif) + " has the letter '" +
                     motif[i] + "', expected A, C, G, T or N");
  }
  if (motif.empty()) throw InputError("in silico mutagenesis: the motif is empty, expected letters");
  const Window place{position, position + static_cast<std::int64_t>(motif.size())};
  require_inside(piece, place);
  NamedMutant mutant{piece.contig + ":" + std::to_string(position + 1) + ":" + letters, piece.contig, {}};
  const std::string there(letters_of(piece, place));
  if (there != letters) mutant.edits.push_back({position, there, letters});
  return mutant;
}

}  // namespace biodta::genome
