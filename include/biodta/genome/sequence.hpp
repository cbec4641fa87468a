#pragma once
/// @file
/// Small operations on DNA text: uppercase ACGTN, + strand.

#include <cstdint>
#include <string>
#include <string_view>

namespace biodta::genome {

/// Uppercases; letters other than ACGT become N.
std::string normalise_sequence(std::string_view text);
std::string reverse_complement(std::string_view sequence);
/// Index of a base in the order A, C, G, T; -1 for N.
int base_index(char base) noexcept;

/// A window of `length` bp around a transcription start site: [tss - length/2, tss + length/2).
struct Window {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t length() const noexcept { return end - start; }
};
Window window_around(std::int64_t tss, std::int64_t length) noexcept;

}  // namespace biodta::genome
