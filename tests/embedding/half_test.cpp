#include "testing.hpp"

#include <biodta/support/random.hpp>

#include <embedding/half.hpp>

#include <cmath>
#include <limits>

namespace biodta::embedding {
namespace {

/// The definition of IEEE 754 binary16.
double by_definition(std::uint16_t half) {
  const double sign = (half & 0x8000U) != 0 ? -1.0 : 1.0;
  const int exponent = (half >> 10U) & 31;
  const int fraction = half & 1023;
  if (exponent == 31) return fraction == 0 ? sign * HUGE_VAL : std::numeric_limits<double>::quiet_NaN();
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(Half, EveryValueIsAsDefinedAndComesBack) {
  for (unsigned bits = 0; bits <= 0xffffU; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = half_to_float(half);
    if (std::isnan(by_definition(half))) {
      EXPECT_TRUE(std::isnan(value));
      EXPECT_TRUE(std::isnan(half_to_float(float_to_half(value))));
      continue;
    }
    ASSERT_EQ(value, by_definition(half)) << bits;
    ASSERT_EQ(std::signbit(value), (bits & 0x8000U) != 0) << bits;
    ASSERT_EQ(float_to_half(value), half) << bits;
  }
}

TEST(Half, RoundsToTheNearestTiesToEven) {
  for (unsigned bits = 0; bits < 0x7bffU; ++bits) {
    const auto low = static_cast<std::uint16_t>(bits);
    const auto high = static_cast<std::uint16_t>(bits + 1);
    // Neighbours, their middle and its float32 neighbours are exact in float32.
    const auto middle = static_cast<float>((by_definition(low) + by_definition(high)) / 2);
    const auto even = static_cast<std::uint16_t>(bits + (bits & 1U));
    ASSERT_EQ(float_to_half(middle), even) << bits;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 0.0F)), low) << bits;
    ASSERT_EQ(float_to_half(std::nextafter(middle, HUGE_VALF)), high) << bits;
    ASSERT_EQ(float_to_half(-middle), even | 0x8000U) << bits;
  }
  EXPECT_EQ(float_to_half(65519.99F), 0x7bffU);
  EXPECT_EQ(float_to_half(65520.0F), 0x7c00U);
  EXPECT_EQ(float_to_half(-1e30F), 0xfc00U);
  EXPECT_EQ(float_to_half(1e-30F), 0U);
}

}  // namespace
}  // namespace biodta::embedding
