#pragma once
/// @file
/// The distinct texts of a column, as categories.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace biodta::cells {

/// Fed piece by piece. Categories are sorted, as pandas would make them.
class TextDictionary {
 public:
  /// Where a column of text stops being categories: with more distinct texts than `few` that are also more
  /// than half of the rows, or with more than `most`.
  struct Limits {
    std::uint64_t few = 100;
    std::uint64_t most = 65'536;
  };
  static Limits no_limits();

  TextDictionary(std::uint64_t rows, const Limits& limits);
  /// @return false once the texts are identifiers: nothing more need be added.
  bool add(const std::string& text);
  /// Sorts; to be called once after the last add().
  void finish();

  bool identifiers() const noexcept { return identifiers_; }
  /// Empty for identifiers.
  const std::vector<std::string>& categories() const noexcept { return categories_; }
  /// Index into categories(); -1 for a text that was never added.
  std::int32_t code_of(const std::string& text) const;

 private:
  std::uint64_t rows_;
  Limits limits_;
  bool identifiers_ = false;
  std::unordered_map<std::string, std::int32_t> codes_;
  std::vector<std::string> categories_;
};

}  // namespace biodta::cells
