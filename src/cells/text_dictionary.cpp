#include "text_dictionary.hpp"

#include <algorithm>
#include <limits>

namespace biodta::cells {

TextDictionary::Limits TextDictionary::no_limits() {
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  return {kNone, kNone};
}

TextDictionary::TextDictionary(std::uint64_t rows, const Limits& limits) : rows_(rows), limits_(limits) {}

bool TextDictionary::add(const std::string& text) {
  if (identifiers_) return false;
  codes_.emplace(text, 0);
  const std::uint64_t distinct = codes_.size();
  identifiers_ = distinct > limits_.most || (distinct > limits_.few && distinct > rows_ / 2);
  return !identifiers_;
}

void TextDictionary::finish() {
  if (identifiers_) {
    codes_.clear();
    return;
  }
  for (const auto& [text, code] : codes_) categories_.push_back(text);
  std::sort(categories_.begin(), categories_.end());
  for (std::size_t i = 0; i < categories_.size(); ++i) codes_[categories_[i]] = static_cast<std::int32_t>(i);
}

std::int32_t TextDictionary::code_of(const std::string& text) const {
  const auto found = codes_.find(text);
  return found == codes_.end() ? -1 : found->second;
}

}  // namespace biodta::cells
