// 16-bit numbers on the host, for tests.
#pragma once

#include <bit>
#include <cstdint>

#include "model/kernels/launch.h"

namespace uie::gpu {

struct Fp16 {};
struct Bf16 {};

inline Number number_of(Fp16) { return Number::fp16; }
inline Number number_of(Bf16) { return Number::bf16; }

inline float widen(Fp16, uint16_t x) { return static_cast<float>(std::bit_cast<_Float16>(x)); }
inline float widen(Bf16, uint16_t x) { return std::bit_cast<float>(static_cast<uint32_t>(x) << 16); }
inline uint16_t narrow(Fp16, float x) { return std::bit_cast<uint16_t>(static_cast<_Float16>(x)); }
inline uint16_t narrow(Bf16, float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  if (x != x) return 0x7fc0;
  return static_cast<uint16_t>((bits + 0x7fffU + (bits >> 16 & 1)) >> 16);
}

}  // namespace uie::gpu
