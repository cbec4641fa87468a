#include "shard.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace biodta::pipeline {
namespace {

constexpr std::uint64_t kMostShards = 1'000'000;

std::optional<std::uint64_t> parse_whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stopped != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Shard Shard::parse(const std::string& text) {
  if (text.empty()) return {};
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto index = parse_whole_number(std::string_view(text).substr(0, slash));
  const auto count = parse_whole_number(std::string_view(text).substr(std::min(slash + 1, text.size())));
  if (!index || !count || *index < 1 || *count > kMostShards || *index > *count) {
    throw ConfigError("shard: found '" + text + "', expected i/n with i from 1 to n, for example 3/16");
  }
  return {*index, *count};
}

std::uint64_t Shard::part(std::uint64_t i, std::uint64_t total) const {
  // total * i / count without overflow.
  return total / count * i + total % count * i / count;
}

}  // namespace biodta::pipeline
