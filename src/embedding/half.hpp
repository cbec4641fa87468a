#pragma once
/// @file
/// IEEE 754 binary16 as banks store it. Plain arithmetic on bits, which compilers turn into vector code.

#include <bit>
#include <cstdint>

namespace biodta::embedding {

/// The largest finite float16.
inline constexpr float kLargestHalf = 65504.0F;

inline float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t magnitude = half & 0x7fffU;
  // Moved into float32's fields the value is 2^112 times too small, subnormals included.
  const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p112F;
  const std::uint32_t special = 0x7f800000U | (magnitude << 13);  // infinity or NaN
  const std::uint32_t bits = magnitude >= 0x7c00U ? special : std::bit_cast<std::uint32_t>(scaled);
  return std::bit_cast<float>(sign | bits);
}

/// To the nearest, ties to even; beyond the largest, infinity.
inline std::uint16_t float_to_half(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return sign | 0x7e00U;   // NaN
  if (magnitude >= 0x477ff000U) return sign | 0x7c00U;  // rounds to 65536 or more
  if (magnitude < 0x38800000U) {
    // Below 2^-14: adding 0.5 leaves the subnormal's bits, rounded by the processor, at the end of the sum.
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - 0x3f000000U));
  }
  const std::uint32_t is_odd = (magnitude >> 13) & 1U;
  return static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000U + 0xfffU + is_odd) >> 13));
}

}  // namespace biodta::embedding
