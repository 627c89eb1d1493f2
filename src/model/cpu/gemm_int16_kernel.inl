// Products of weights that a checkpoint stores as int8 rows with scales: int8 weights exactly as stored (widened to 16
// bits), inputs rounded row by row to 16 bits, sums in 32-bit integers. One instruction multiplies and adds pairs
// (k, k + 1): twice the rate of float products, at an error near that of float rounding instead of bfloat16's.
//
// Inputs are scaled so that no sum can overflow: |input| <= int16_limit(k), 127 · limit · k < 2³¹. Integer sums are
// exact, so every instruction set gives the same bits.
#pragma once

#include "model/cpu/gemm_kernel.inl"

namespace uie::model::cpu {
namespace {

// One row: y = round(x / scale), |y| <= limit; scale 0 for a row of zeros.
void quantise_row(const float* x, size_t count, float limit, int16_t* y, float* scale) {
  Vec top = set1(0.0F);
  for (size_t i = 0; i < count; i += kWidth) top = max(top, abs(load(x + i)));
  const float most = largest(top);
  const Vec inverse = set1(most > 0.0F ? limit / most : 0.0F);
  for (size_t i = 0; i < count; i += kWidth) store_int16(y + i, nearest(load(x + i) * inverse));
  *scale = most > 0.0F ? most / limit : 0.0F;
}

template <size_t R>
inline void multiply_block_int16(const int16_t* a, size_t lda, const int16_t* b, size_t k, const float* row_scales,
                                 const float* column_scales, const float* bias, float* c, size_t ldc) {
  IntVec acc[R][kPanelVecs];
#pragma GCC unroll 16
  for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kPanelVecs; ++v) acc[r][v] = int_zero();
  }
  for (size_t i = 0; i < k; i += 2) {
    IntVec column[kPanelVecs];
#pragma GCC unroll 4
    for (size_t v = 0; v < kPanelVecs; ++v) column[v] = int_load(b + i * kPanel + v * 2 * kWidth);
#pragma GCC unroll 16
    for (size_t r = 0; r < R; ++r) {
      int pair;
      __builtin_memcpy(&pair, a + r * lda + i, sizeof(pair));
      const IntVec value = int_set1(pair);
#pragma GCC unroll 4
      for (size_t v = 0; v < kPanelVecs; ++v) acc[r][v] = add_pairs(acc[r][v], value, column[v]);
    }
  }
#pragma GCC unroll 16
  for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kPanelVecs; ++v) {
      const Vec scale = set1(row_scales[r]) * load(column_scales + v * kWidth);
      store(c + r * ldc + v * kWidth, fma(to_floats(acc[r][v]), scale, load(bias + v * kWidth)));
    }
  }
}

template <size_t R = kBlockRows>
inline void multiply_rows_int16(size_t rows, const int16_t* a, size_t lda, const int16_t* b, size_t k,
                                const float* row_scales, const float* column_scales, const float* bias, float* c,
                                size_t ldc) {
  if constexpr (R > 1) {
    if (rows != R) {
      return multiply_rows_int16<R - 1>(rows, a, lda, b, k, row_scales, column_scales, bias, c, ldc);
    }
  }
  multiply_block_int16<R>(a, lda, b, k, row_scales, column_scales, bias, c, ldc);
}

void gemm_int16(const GemmTask& task) {
  const int16_t* weights = static_cast<const int16_t*>(task.weights);
  for_each_block(task, [&](size_t row, size_t rows, size_t panel, float* tile, size_t pitch) {
    multiply_rows_int16(rows, task.a_int16 + row * task.lda, task.lda, weights + panel * task.k * kPanel, task.k,
                        task.row_scales + row, task.column_scales + panel * kPanel, task.bias + panel * kPanel, tile,
                        pitch);
  });
}

}  // namespace
}  // namespace uie::model::cpu
