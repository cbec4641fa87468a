#include <biodta/genome/sequence.hpp>

#include <algorithm>
#include <array>

namespace biodta::genome {
namespace {

constexpr std::array<char, 256> make_normal_letters() {
  std::array<char, 256> letters{};
  letters.fill('N');
  for (const char base : {'A', 'C', 'G', 'T'}) {
    letters[static_cast<unsigned char>(base)] = base;
    letters[static_cast<unsigned char>(base - 'A' + 'a')] = base;
  }
  return letters;
}

constexpr std::array<char, 256> kNormalLetters = make_normal_letters();

char complement(char base) noexcept {
  switch (base) {
    case 'A':
      return 'T';
    case 'C':
      return 'G';
    case 'G':
      return 'C';
    case 'T':
      return 'A';
    default:
      return 'N';
  }
}

}  // namespace

std::string normalise_sequence(std::string_view text) {
  std::string sequence(text.size(), 'N');
  std::transform(text.begin(), text.end(), sequence.begin(),
                 [](char letter) { return kNormalLetters[static_cast<unsigned char>(letter)]; });
  return sequence;
}

std::string reverse_complement(std::string_view sequence) {
  std::string reversed(sequence.size(), 'N');
  std::transform(sequence.rbegin(), sequence.rend(), reversed.begin(), complement);
  return reversed;
}

int base_index(char base) noexcept {
  switch (base) {
    case 'A':
      return 0;
    case 'C':
      return 1;
    case 'G':
      return 2;
    case 'T':
      return 3;
    default:
      return -1;
  }
}

Window window_around(std::int64_t tss, std::int64_t length) noexcept {
  const std::int64_t start = tss - length / 2;
  return {start, start + length};
}

}  // namespace biodta::genome
