// A product over many rows, shared by the pool, with what follows it while the rows are in cache.
#pragma once

#include "model/cpu/kernels.h"
#include "model/cpu/packed_matrix.h"
#include "model/cpu/thread_pool.h"

namespace uie::model::cpu {

// Rows of numbers with a row pitch `ld` that is padded(width). In bf16 the products read `halves`; fp32 runs leave it
// null.
struct Rows {
  float* floats = nullptr;
  uint16_t* halves = nullptr;
  size_t ld = 0;
};

// What a pass needs besides memory.
struct Machine {
  const Kernels& kernels;
  ThreadPool& pool;
};

struct NormView {
  const float *weight, *bias;  // [padded(columns)]
  float eps;
  size_t columns;
};

struct LinearTask {
  const PackedMatrix* matrix = nullptr;
  Rows input;
  size_t rows = 0;
  Rows output;  // one of floats and halves: where the product goes
  Post post = Post::none;
  const float* residual = nullptr;  // [rows, output.ld]
};

void multiply(const Machine& machine, const LinearTask& task);

// The product to task.output.floats, then LayerNorm of its rows to `normed`, which has the same pitch and may be the
// same rows.
void multiply_and_norm(const Machine& machine, const LinearTask& task, const NormView& norm, const Rows& normed);

// y = LayerNorm(x + add), row by row; add may be null, y.floats may be x.
void layer_norm(const Machine& machine, const float* x, const float* add, const Rows& y, size_t rows,
                const NormView& norm);

}  // namespace uie::model::cpu
