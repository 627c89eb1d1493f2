#include "checkpoint/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace uie::checkpoint {
namespace {

// The value by the definition in IEEE 754: (-1)^s · 2^(e-15) · (1 + m/1024), subnormals 2^-14 · m/1024.
double by_definition(uint16_t half) {
  const int exponent = (half >> 10) & 31, mantissa = half & 1023;
  const double sign = (half & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) return mantissa == 0 ? sign * INFINITY : NAN;
  return sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}

TEST(Half, EveryFloat16WidensExactlyAndComesBack) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float wide = float_from_f16(half);
    if (std::isnan(by_definition(half))) {
      EXPECT_TRUE(std::isnan(wide)) << bits;
      EXPECT_TRUE(std::isnan(float_from_f16(f16_from_float(wide)))) << bits;
    } else {
      ASSERT_EQ(wide, by_definition(half)) << bits;
      ASSERT_EQ(std::signbit(wide), (half & 0x8000) != 0) << bits;
      ASSERT_EQ(f16_from_float(wide), half) << bits;
    }
  }
}

// Between two neighbours: the middle goes to the even one, a step beside it to the nearer one. 65520 is the middle
// between the largest float16 and what would come after it.
template <class Narrow, class Widen>
void expect_nearest_even(uint16_t low, Narrow narrow, Widen widen) {
  const auto high = static_cast<uint16_t>(low + 1);
  const double above = std::isinf(widen(high)) ? 2.0 * widen(low) - widen(static_cast<uint16_t>(low - 1)) : widen(high);
  const auto middle = static_cast<float>((widen(low) + above) / 2);
  ASSERT_EQ(narrow(middle), (low & 1) == 0 ? low : high) << low;
  ASSERT_EQ(narrow(std::nextafter(middle, 0.0f)), low) << low;
  ASSERT_EQ(narrow(std::nextafter(middle, INFINITY)), high) << low;
  ASSERT_EQ(narrow(-middle), ((low & 1) == 0 ? low : high) | 0x8000) << low;
}

TEST(Half, Float16RoundsToNearestEven) {
  for (uint16_t low = 0; low < 0x7C00; ++low) expect_nearest_even(low, f16_from_float, float_from_f16);
}

TEST(Half, Bfloat16RoundsToNearestEven) {
  // From 1 on: below the smallest subnormals the middle is no float32. The last finite one has no float32 after it.
  for (uint16_t low = 1; low < 0x7F7F; ++low) expect_nearest_even(low, bf16_from_float, float_from_bf16);
  EXPECT_EQ(bf16_from_float(std::numeric_limits<float>::max()), 0x7F80);
}

TEST(Half, BeyondTheRange) {
  EXPECT_EQ(f16_from_float(1e9f), 0x7C00);
  EXPECT_EQ(f16_from_float(-INFINITY), 0xFC00);
  EXPECT_EQ(f16_from_float(1e-30f), 0);
  EXPECT_TRUE(std::isnan(float_from_bf16(bf16_from_float(std::bit_cast<float>(0x7F800001u)))));
  EXPECT_TRUE(std::isinf(float_from_bf16(bf16_from_float(INFINITY))));
}

}  // namespace
}  // namespace uie::checkpoint
