#pragma once
/// @file
/// Small helpers for messages that people read.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::support {

/// The entries of `known` nearest to `word` (edit distance, case ignored), best first, at most `most`, and
/// only those near enough to be a slip of the hand.
std::vector<std::string> nearest_names(std::string_view word, std::span<const std::string> known,
                                       std::size_t most = 3);
/// "a, b and c".
std::string join_words(std::span<const std::string> words);
/// "1,234,567".
std::string with_thousands(std::uint64_t value);

/// "1 gene", "1,234 genes"; a plural that is not the noun with an s is given.
std::string counted(std::uint64_t value, std::string_view noun, std::string_view plural = {});

/// Whether the bytes are UTF-8 without control characters, so that every reader takes them for the same text.
bool is_plain_text(std::string_view text);
/// A table as lines: the first column flush left, the others flush right.
std::vector<std::string> align_columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace biodta::support
