// Matrix products: a micro-kernel keeps a block of C in registers while it walks down k, reading one panel of B and one
// number of each row of A per step. A is read where it lies (rows `lda` apart): it is small and in L1 or L2; B comes in
// panels whose memory order is the reading order, so the hardware prefetcher streams it.
#pragma once

#include "model/cpu/elementwise_kernel.inl"

namespace uie::model::cpu {
namespace {

constexpr size_t kPanel = kPanelVecs * kWidth;

// C[R, V·kWidth] = init + A[R, k] · B[k, V·kWidth]. `init`: rows ld_init apart, so 0 is one for all; null: zeros.
template <size_t R, size_t V>
inline void multiply_block(const float* a, size_t lda, const float* b, size_t ldb, size_t k, const float* init,
                           float* c, size_t ldc, size_t ld_init = 0) {
  Vec acc[R][V];
#pragma GCC unroll 16
  for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < V; ++v) acc[r][v] = init ? load(init + r * ld_init + v * kWidth) : set1(0.0F);
  }
  for (size_t i = 0; i < k; ++i) {
    Vec column[V];
#pragma GCC unroll 4
    for (size_t v = 0; v < V; ++v) column[v] = load(b + i * ldb + v * kWidth);
#pragma GCC unroll 16
    for (size_t r = 0; r < R; ++r) {
      const Vec value = set1(a[r * lda + i]);
#pragma GCC unroll 4
      for (size_t v = 0; v < V; ++v) acc[r][v] = fma(value, column[v], acc[r][v]);
    }
  }
#pragma GCC unroll 16
  for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < V; ++v) store(c + r * ldc + v * kWidth, acc[r][v]);
  }
}

// multiply_block for any number of rows 1..kBlockRows.
template <size_t V, size_t R = kBlockRows>
inline void multiply_rows(size_t rows, const float* a, size_t lda, const float* b, size_t ldb, size_t k,
                          const float* init, float* c, size_t ldc, size_t ld_init = 0) {
  if constexpr (R > 1) {
    if (rows != R) return multiply_rows<V, R - 1>(rows, a, lda, b, ldb, k, init, c, ldc, ld_init);
  }
  multiply_block<R, V>(a, lda, b, ldb, k, init, c, ldc, ld_init);
}

// Any number of columns that B has room for: whole panels, then single vectors.
inline void multiply_wide(size_t rows, const float* a, size_t lda, const float* b, size_t ldb, size_t k, float* c,
                          size_t ldc, size_t columns) {
  size_t column = 0;
  for (; column + kWidth < columns; column += kPanel) {
    multiply_rows<kPanelVecs>(rows, a, lda, b + column, ldb, k, nullptr, c + column, ldc);
  }
  if (column < columns) multiply_rows<1>(rows, a, lda, b + column, ldb, k, nullptr, c + column, ldc);
}

// Rows of the next block when `left` remain: near-equal blocks, since a short last one wastes registers.
inline size_t next_block(size_t left) {
  const size_t blocks = (left + kBlockRows - 1) / kBlockRows;
  return (left + blocks - 1) / blocks;
}

// What follows the product, while the tile [rows, kPanel] is in L1. x may lie inside C.
template <Post kPost>
inline void finish_tile(const GemmTask& task, const float* x, size_t ldx, size_t row, size_t rows, size_t column) {
  for (size_t r = 0; r < rows; ++r) {
    const size_t at = (row + r) * task.ldc + column;
#pragma GCC unroll 4
    for (size_t i = 0; i < kPanel; i += kWidth) {
      Vec value = post_of<kPost>(load(x + r * ldx + i));
      if (task.residual) value = value + load(task.residual + at + i);
      if (task.c16) {
        store_bf16(task.c16 + at + i, value);
      } else {
        store(task.c + at + i, value);
      }
    }
  }
}

inline void finish(const GemmTask& task, const float* x, size_t ldx, size_t row, size_t rows, size_t column) {
  switch (task.post) {
    case Post::none:
      if (task.residual || task.c16) finish_tile<Post::none>(task, x, ldx, row, rows, column);
      return;
    case Post::gelu:
      return finish_tile<Post::gelu>(task, x, ldx, row, rows, column);
    case Post::relu:
      return finish_tile<Post::relu>(task, x, ldx, row, rows, column);
    case Post::tanh:
      return finish_tile<Post::tanh>(task, x, ldx, row, rows, column);
  }
}

// Calls multiply(row, rows, panel, tile, pitch) for every block, and what follows the product.
template <class Multiply>
inline void for_each_block(const GemmTask& task, Multiply multiply) {
  alignas(64) float scratch[kBlockRows * kPanel];
  for (size_t panel = task.panel_begin; panel < task.panel_end; ++panel) {
    const size_t column = panel * kPanel;
    for (size_t row = task.row_begin; row < task.row_end;) {
      const size_t rows = next_block(task.row_end - row);
      const bool apart = task.c16 || task.residual;  // the residual may be what C held before
      float* tile = apart ? scratch : task.c + row * task.ldc + column;
      const size_t pitch = apart ? kPanel : task.ldc;
      multiply(row, rows, panel, tile, pitch);
      finish(task, tile, pitch, row, rows, column);
      row += rows;
    }
  }
}

// k in slices: what C holds so far goes on. The order of each sum, and so its bits, stays what it is in one go.
void gemm_sliced(const GemmTask& task) {
  const float* weights = static_cast<const float*>(task.weights);
  for (size_t from = 0; from < task.k; from += kSlice) {
    const size_t depth = task.k - from < kSlice ? task.k - from : kSlice;
    const bool last = from + depth == task.k;
    for (size_t panel = task.panel_begin; panel < task.panel_end; ++panel) {
      const size_t column = panel * kPanel;
      const float* bias = task.bias ? task.bias + column : nullptr;
      for (size_t row = task.row_begin; row < task.row_end;) {
        const size_t rows = next_block(task.row_end - row);
        float* tile = task.c + row * task.ldc + column;
        multiply_rows<kPanelVecs>(rows, task.a + row * task.lda + from, task.lda,
                                  weights + (panel * task.k + from) * kPanel, kPanel, depth, from > 0 ? tile : bias,
                                  tile, task.ldc, from > 0 ? task.ldc : 0);
        if (last) finish(task, tile, task.ldc, row, rows, column);
        row += rows;
      }
    }
  }
}

void gemm(const GemmTask& task) {
  if (task.k > kSlice && task.c && !task.c16 && task.residual != task.c) return gemm_sliced(task);
  const float* weights = static_cast<const float*>(task.weights);
  for_each_block(task, [&](size_t row, size_t rows, size_t panel, float* tile, size_t pitch) {
    multiply_rows<kPanelVecs>(rows, task.a + row * task.lda, task.lda, weights + panel * task.k * kPanel, kPanel,
                              task.k, task.bias ? task.bias + panel * kPanel : nullptr, tile, pitch);
  });
}

}  // namespace
}  // namespace uie::model::cpu
