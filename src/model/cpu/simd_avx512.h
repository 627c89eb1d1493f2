// The vector of AVX-512: 16 floats. Included by one file alone (see kernels.inl).
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace uie::model::cpu {
namespace {

using Vec = __m512;
constexpr size_t kWidth = 16;
constexpr size_t kPanelVecs = 2;   // a panel is 32 columns
constexpr size_t kBlockRows = 12;  // 24 accumulators, 2 columns, 1 broadcast: 27 of 32 registers

inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, Vec x) { _mm512_storeu_ps(p, x); }
inline Vec set1(float x) { return _mm512_set1_ps(x); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
inline Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
inline Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
inline Vec sqrt(Vec a) { return _mm512_sqrt_ps(a); }
inline float sum(Vec x) { return _mm512_reduce_add_ps(x); }
inline float largest(Vec x) { return _mm512_reduce_max_ps(x); }
inline Vec nearest(Vec x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// 2^n of a whole n in [-127, 127]; 0 for -127.
inline Vec pow2(Vec n) {
  const __m512i biased = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
  return _mm512_castsi512_ps(_mm512_slli_epi32(biased, 23));
}
inline Vec abs(Vec x) { return _mm512_abs_ps(x); }
// Lane by lane: a > b ? x : y.
inline Vec where_greater(Vec a, Vec b, Vec x, Vec y) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), y, x);
}
// x below `count` (the vector's lanes are counted from 0), else y.
inline Vec keep_first(size_t count, Vec x, Vec y) {
  return _mm512_mask_blend_ps(static_cast<__mmask16>((1U << count) - 1U), y, x);
}
inline void store_bf16(uint16_t* p, Vec x) {
#ifdef __AVX512BF16__
  const __m256bh rounded = _mm512_cvtneps_pbh(x);
  __builtin_memcpy(p, &rounded, sizeof(rounded));
#else
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_epi32(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
  const __m256i halves = _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
  __builtin_memcpy(p, &halves, sizeof(halves));
#endif
}

}  // namespace
}  // namespace uie::model::cpu
