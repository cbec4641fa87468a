#include "fasta_text.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>

namespace biodta::genome::detail {
namespace {

bool is_sequence_letter(char letter) noexcept {
  return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || letter == '*' ||
         letter == '-' || letter == '.';
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
                   "letters of a sequence");
}

void refuse_headless(std::string_view line, const support::LineReader& at) {
  constexpr std::size_t kShown = 20;
  throw InputError(at.path(), at.place(), "'" + std::string(line.substr(0, kShown)) + "'",
                   "a FASTA header, '>name'");
}

}  // namespace biodta::genome::detail
