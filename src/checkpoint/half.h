// float16 and bfloat16 to float32 and back. To float32 is exact; from float32 rounds to nearest, ties to even, and
// overflows to infinity, as IEEE 754 and PyTorch do. Written without branches on the value, so that loops vectorise.
#pragma once

#include <bit>
#include <cstdint>

namespace uie::checkpoint {

inline float float_from_f16(uint16_t half) {
  constexpr uint32_t smallest_normal = 0x38800000;  // 2^-14
  const uint32_t sign = (half & 0x8000u) << 16;
  const uint32_t exponent = half & 0x7C00u;
  const uint32_t shifted = (half & 0x7FFFu) << 13;
  const uint32_t normal = shifted + ((127 - 15) << 23);
  const uint32_t special = shifted | 0x7F800000u;  // infinity and NaN
  // A subnormal is mantissa · 2^-24: put the mantissa under the exponent of 2^-14 and take 2^-14 away.
  const uint32_t subnormal =
      std::bit_cast<uint32_t>(std::bit_cast<float>(shifted + smallest_normal) - std::bit_cast<float>(smallest_normal));
  const uint32_t magnitude = exponent == 0 ? subnormal : exponent == 0x7C00u ? special : normal;
  return std::bit_cast<float>(sign | magnitude);
}

inline uint16_t f16_from_float(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t normal = (magnitude - ((127u - 15u) << 23) + 0x0FFFu + ((magnitude >> 13) & 1u)) >> 13;
  // Below 2^-14 the addition of 0.5 makes the FPU round the mantissa at 2^-24, which is where half subnormals end.
  const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000u;
  const uint32_t nan = 0x7E00u;
  const uint32_t result = magnitude > 0x7F800000u    ? nan
                          : magnitude >= 0x477FF000u ? 0x7C00u  // from 65520 on: infinity
                          : magnitude < 0x38800000u  ? subnormal
                                                     : normal;
  return static_cast<uint16_t>(sign | result);
}

inline float float_from_bf16(uint16_t half) { return std::bit_cast<float>(uint32_t{half} << 16); }

inline uint16_t bf16_from_float(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  const uint32_t nan = (bits >> 16) | 0x0040u;
  return static_cast<uint16_t>((bits & 0x7FFFFFFFu) > 0x7F800000u ? nan : rounded);
}

}  // namespace uie::checkpoint
