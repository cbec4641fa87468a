#include "count_text.hpp"

#include <biodta/support/error.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace biodta::cells {

const char* parse_count(const char* at, const char* end, float& value) {
  std::uint32_t whole = 0;
  const auto [stopped, failed] = std::from_chars(at, end, whole);
  const bool more = stopped != end && (*stopped == '.' || *stopped == 'e' || *stopped == 'E');
  if (failed == std::errc() && !more) {
    value = static_cast<float>(whole);
    return stopped;
  }
  double number = 0.0;
  const auto [number_end, error] = std::from_chars(at, end, number);
  if (error != std::errc()) return nullptr;
  const bool too_large = std::abs(number) > static_cast<double>(std::numeric_limits<float>::max());
  value = too_large ? std::copysign(std::numeric_limits<float>::infinity(),
                                    static_cast<float>(number > 0.0 ? 1 : -1))
                    : static_cast<float>(number);
  return number_end;
}

void require_only_matrix(const CountSourceOptions& options, std::string_view name,
                         const std::filesystem::path& path) {
  if (options.matrix == "auto" || options.matrix == name) return;
  throw InputError(path, "", "no matrix '" + options.matrix + "'",
                   "'" + std::string(name) + "', its only one");
}

}  // namespace biodta::cells
