// The product in bfloat16 with float sums: vdpbf16ps multiplies pairs (k, k + 1), so a panel stores pairs of rows, and
// a row of A is read as 32-bit pairs where it lies. Twice the rate of float products, half the bytes of weights.
#pragma once

#include "model/cpu/gemm_kernel.inl"

namespace uie::model::cpu {
namespace {

template <size_t R>
inline void multiply_block_bf16(const uint16_t* a, size_t lda, const uint16_t* b, size_t k, const float* init, float* c,
                                size_t ldc) {
  Vec acc[R][kPanelVecs];
#pragma GCC unroll 16
  for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kPanelVecs; ++v) acc[r][v] = init ? load(init + v * kWidth) : set1(0.0F);
  }
  for (size_t i = 0; i < k; i += 2) {
    __m512i column[kPanelVecs];
#pragma GCC unroll 4
    for (size_t v = 0; v < kPanelVecs; ++v) column[v] = _mm512_loadu_si512(b + i * kPanel + v * 2 * kWidth);
#pragma GCC unroll 16
    for (size_t r = 0; r < R; ++r) {
      int pair;
      __builtin_memcpy(&pair, a + r * lda + i, sizeof(pair));
      const __m512i value = _mm512_set1_epi32(pair);
#pragma GCC unroll 4
      for (size_t v = 0; v < kPanelVecs; ++v) {
        acc[r][v] =
            _mm512_dpbf16_ps(acc[r][v], reinterpret_cast<__m512bh>(value), reinterpret_cast<__m512bh>(column[v]));
      }
    }
  }
#pragma GCC unroll 16
  for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kPanelVecs; ++v) store(c + r * ldc + v * kWidth, acc[r][v]);
  }
}

template <size_t R = kBlockRows>
inline void multiply_rows_bf16(size_t rows, const uint16_t* a, size_t lda, const uint16_t* b, size_t k,
                               const float* init, float* c, size_t ldc) {
  if constexpr (R > 1) {
    if (rows != R) return multiply_rows_bf16<R - 1>(rows, a, lda, b, k, init, c, ldc);
  }
  multiply_block_bf16<R>(a, lda, b, k, init, c, ldc);
}

void gemm_bf16(const GemmTask& task) {
  const uint16_t* weights = static_cast<const uint16_t*>(task.weights);
  for_each_block(task, [&](size_t row, size_t rows, size_t panel, float* tile, size_t pitch) {
    multiply_rows_bf16(rows, task.a16 + row * task.lda, task.lda, weights + panel * task.k * kPanel, task.k,
                       task.bias ? task.bias + panel * kPanel : nullptr, tile, pitch);
  });
}

}  // namespace
}  // namespace uie::model::cpu
