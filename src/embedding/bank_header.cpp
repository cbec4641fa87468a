#include "half.hpp"

#include <biodta/embedding/bank_header.hpp>
#include <biodta/support/error.hpp>

#include <cmath>
#include <limits>

namespace biodta::embedding {

std::string to_string(Precision precision) {
  return precision == Precision::kFloat16 ? "float16" : "float32";
}

bool is_context_name(std::string_view name) {
  return !name.empty() && name != "." && name.find('/') == std::string_view::npos;
}

void require_storable(std::span<const float> values, Precision precision, const std::filesystem::path& path) {
  const float limit = precision == Precision::kFloat16 ? kLargestHalf : std::numeric_limits<float>::max();
  for (const float value : values) {
    if (std::abs(value) <= limit) continue;
    throw Error(path.string() + ": an embedding value of " + std::to_string(value) + " cannot be stored as " +
                    to_string(precision),
                std::isfinite(value) ? "store it as float32" : "");
  }
}

}  // namespace biodta::embedding
