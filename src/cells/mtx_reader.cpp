#include "mtx_reader.hpp"

#include "count_text.hpp"

#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>
#include <vector>

namespace biodta::cells {
namespace {

constexpr std::string_view kBanner = "%%MatrixMarket matrix coordinate integer (or real) general";

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

const char* skip_blanks(const char* at, const char* end) {
  while (at != end && is_blank(*at)) ++at;
  return at;
}

/// Reads a number and the blanks after it; nullptr where there is none, and passed on from the one before.
const char* take_index(const char* at, const char* end, std::uint64_t& value) {
  if (at == nullptr) return nullptr;
  const auto [stopped, error] = std::from_chars(at, end, value);
  if (error != std::errc() || (stopped != end && !is_blank(*stopped))) return nullptr;
  return skip_blanks(stopped, end);
}

std::vector<std::string> lower_words(std::string_view line) {
  std::vector<std::string> words;
  const char* at = skip_blanks(line.data(), line.data() + line.size());
  const char* const end = line.data() + line.size();
  while (at != end) {
    const char* const stop = std::find_if(at, end, is_blank);
    std::string word(at, stop);
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    words.push_back(std::move(word));
    at = skip_blanks(stop, end);
  }
  return words;
}

/// A line as an error shows it.
std::string shown(std::string_view line) {
  constexpr std::size_t kMost = 60;
  std::string text = "'";
  for (const char c : line.substr(0, kMost)) text += c >= 0 && c < ' ' ? '?' : c;
  return text + (line.size() > kMost ? "…'" : "'");
}

}  // namespace

MtxReader::MtxReader(const std::filesystem::path& path) : lines_(path) {
  read_banner();
  read_size();
}

void MtxReader::read_banner() {
  if (!lines_.next(line_)) throw InputError(lines_.path(), "", "an empty file", kBanner);
  const std::vector<std::string> words = lower_words(line_);
  if (words.empty() || words[0] != "%%matrixmarket") {
    throw InputError(lines_.path(), lines_.place(), shown(line_), kBanner);
  }
  constexpr std::array<std::array<std::string_view, 2>, 4> kRead = {
      {{"matrix", "matrix"}, {"coordinate", "coordinate"}, {"integer", "real"}, {"general", "general"}}};
  for (std::size_t i = 0; i < kRead.size(); ++i) {
    const std::string word = i + 1 < words.size() ? words[i + 1] : "nothing";
    if (word == kRead[i][0] || word == kRead[i][1]) continue;
    const std::string wanted = "'" + std::string(kRead[i][0]) + (i == 2 ? "' or 'real'" : "'");
    throw InputError(lines_.path(), lines_.place(), "a MatrixMarket file that is " + shown(word), wanted);
  }
}

void MtxReader::read_size() {
  while (lines_.next(line_)) {
    const char* const end = line_.data() + line_.size();
    const char* at = skip_blanks(line_.data(), end);
    if (at == end || *at == '%') continue;
    size_place_ = lines_.place();
    at = take_index(take_index(take_index(at, end, rows_), end, columns_), end, entries_);
    if (at == end) return;
    throw InputError(lines_.path(), size_place_, shown(line_), "the numbers of rows, columns and entries");
  }
  throw InputError(lines_.path(), "", "no size line", "the numbers of rows, columns and entries");
}

void MtxReader::parse(Entry& entry) const {
  const char* const end = line_.data() + line_.size();
  const char* at = skip_blanks(line_.data(), end);
  at = take_index(take_index(at, end, entry.row), end, entry.column);
  if (at != nullptr) at = parse_count(at, end, entry.value);
  if (at == nullptr || skip_blanks(at, end) != end) {
    throw InputError(lines_.path(), lines_.place(), shown(line_), "row, column and count");
  }
  const auto check = [this](const char* what, std::uint64_t value, std::uint64_t most) {
    if (value >= 1 && value <= most) return;
    throw InputError(lines_.path(), lines_.place(), what + std::to_string(value),
                     "from 1 to " + std::to_string(most) + ", as the size line says");
  };
  check("row ", entry.row, rows_);
  check("column ", entry.column, columns_);
}

bool MtxReader::next(Entry& entry) {
  do {
    if (!lines_.next(line_)) return finish();
  } while (skip_blanks(line_.data(), line_.data() + line_.size()) == line_.data() + line_.size());
  parse(entry);
  if (++read_ <= entries_) return true;
  throw InputError(lines_.path(), lines_.place(), "one entry more",
                   support::with_thousands(entries_) + ", as the size line says");
}

bool MtxReader::finish() const {
  if (read_ == entries_) return false;
  throw InputError(lines_.path(), "after " + lines_.place(),
                   "the end after " + support::with_thousands(read_) + " entries",
                   support::with_thousands(entries_) + ", as the size line says",
                   "the file was cut short: copy or download it again");
}

}  // namespace biodta::cells
