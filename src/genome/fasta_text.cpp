#include "fasta_text.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <array>

namespace biodta::genome::detail {
namespace {

constexpr std::array<bool, 256> make_sequence_letters() {
  std::array<bool, 256> known{};
  // IUPAC's letters for nucleotides, X as some masked genomes have it, and gaps.
  for (const char letter : std::string_view("ACGTUNRYSWKMBDHVX")) {
    known[static_cast<unsigned char>(letter)] = true;
    known[static_cast<unsigned char>(letter - 'A' + 'a')] = true;
  }
  for (const char gap : std::string_view("*-.")) known[static_cast<unsigned char>(gap)] = true;
  return known;
}

constexpr std::array<bool, 256> kSequenceLetters = make_sequence_letters();

bool is_sequence_letter(char letter) noexcept {
  return kSequenceLetters[static_cast<unsigned char>(letter)];
}

}  // namespace

FastaHeader parse_fasta_header(std::string_view line, const support::LineReader& at) {
  line.remove_prefix(1);
  const std::size_t blank = line.find_first_of(" \t");
  FastaHeader header{std::string(line.substr(0, blank)), {}};
  if (header.name.empty()) throw InputError(at.path(), at.place(), "a header without a name", "'>name'");
  if (blank != std::string_view::npos) header.description = support::trim(line.substr(blank));
  return header;
}

void check_sequence_line(std::string_view line, const support::LineReader& at) {
  const auto odd = std::find_if_not(line.begin(), line.end(), is_sequence_letter);
  if (odd == line.end()) return;
  throw InputError(at.path(), at.place(),
                   std::string("'") + *odd + "' at column " + std::to_string(odd - line.begin() + 1),
                   "letters of DNA (IUPAC)");
}

void refuse_headless(std::string_view line, const support::LineReader& at) {
  constexpr std::size_t kShown = 20;
  throw InputError(at.path(), at.place(), "'" + std::string(line.substr(0, kShown)) + "'",
                   "a FASTA header, '>name'");
}

}  // namespace biodta::genome::detail
