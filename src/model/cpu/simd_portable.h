// A vector of four floats in the compiler's own vector extension: SSE2, NEON or plain code. Included by one file alone
// (see kernels.inl).
#pragma once

#include <cstddef>
#include <cstdint>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace uie::model::cpu {
namespace {

typedef float Vec __attribute__((vector_size(16)));
typedef int32_t IntVec __attribute__((vector_size(16)));
constexpr size_t kWidth = 4;
constexpr size_t kPanelVecs = 2;  // a panel is 8 columns
constexpr size_t kBlockRows = 4;

inline Vec load(const float* p) {
  Vec x;
  __builtin_memcpy(&x, p, sizeof(x));
  return x;
}
inline void store(float* p, Vec x) { __builtin_memcpy(p, &x, sizeof(x)); }
inline Vec set1(float x) { return Vec{x, x, x, x}; }
inline Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
inline Vec max(Vec a, Vec b) { return a > b ? a : b; }
inline Vec min(Vec a, Vec b) { return a < b ? a : b; }
inline Vec sqrt(Vec a) {
  return Vec{__builtin_sqrtf(a[0]), __builtin_sqrtf(a[1]), __builtin_sqrtf(a[2]), __builtin_sqrtf(a[3])};
}
inline float sum(Vec x) { return (x[0] + x[2]) + (x[1] + x[3]); }
inline float largest(Vec x) {
  const float left = x[0] > x[1] ? x[0] : x[1], right = x[2] > x[3] ? x[2] : x[3];
  return left > right ? left : right;
}
// |x| < 2^22: adding 1.5 · 2^23 leaves no bits for a fraction.
inline Vec nearest(Vec x) {
  const Vec magic = set1(12582912.0F);
  return (x + magic) - magic;
}
// 2^n of a whole n in [-127, 127]; 0 for -127.
inline Vec pow2(Vec n) {
  const IntVec bits = (__builtin_convertvector(n, IntVec) + 127) << 23;
  Vec x;
  __builtin_memcpy(&x, &bits, sizeof(x));
  return x;
}
inline Vec abs(Vec x) { return max(x, -x); }
// Lane by lane: a > b ? x : y.
inline Vec where_greater(Vec a, Vec b, Vec x, Vec y) { return a > b ? x : y; }
// x below `count` (the vector's lanes are counted from 0), else y.
inline Vec keep_first(size_t count, Vec x, Vec y) {
  const int32_t n = static_cast<int32_t>(count);
  return IntVec{0, 1, 2, 3} < IntVec{n, n, n, n} ? x : y;
}
inline void store_bf16(uint16_t* p, Vec x) {
  for (size_t lane = 0; lane < kWidth; ++lane) {
    uint32_t bits;
    const float value = x[lane];
    __builtin_memcpy(&bits, &value, sizeof(bits));
    p[lane] = static_cast<uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
  }
}

}  // namespace
}  // namespace uie::model::cpu
