#include "model/cpu/linear.h"

#include <algorithm>

namespace uie::model::cpu {
namespace {

// Input rows that one item keeps in L2 beside a panel.
constexpr size_t kInputBytes = 640 << 10;
constexpr size_t kNormRows = 16;

// A grid of items: row chunks × panel chunks. Panel chunks are outermost, so that threads read the same weights at the
// same time; panels are split only when the rows alone would leave threads without work.
struct Grid {
  size_t row_step, row_chunks, panel_step, panel_chunks;

  size_t items() const { return row_chunks * panel_chunks; }
};

Grid plan(const Machine& machine, const LinearTask& task) {
  const size_t element = task.matrix->dtype() == Dtype::bf16 ? 2 : 4, block = machine.kernels.block_rows;
  const size_t depth = std::min(task.matrix->k(), kSlice);
  const size_t fitting = std::clamp<size_t>(kInputBytes / (depth * element), 2 * block, 32 * block);
  Grid grid{};
  grid.row_step = round_up(ceil_div(task.rows, ceil_div(task.rows, fitting)), block);
  grid.row_chunks = ceil_div(task.rows, grid.row_step);
  const size_t wanted = machine.pool.size() == 1 ? 1 : ceil_div(4 * machine.pool.size(), grid.row_chunks);
  grid.panel_step = ceil_div(task.matrix->panels(), std::min(wanted, task.matrix->panels()));
  grid.panel_chunks = ceil_div(task.matrix->panels(), grid.panel_step);
  return grid;
}

GemmTask whole(const LinearTask& task, bool to_floats) {
  GemmTask gemm;
  gemm.a = task.input.floats;
  gemm.a16 = task.input.halves;
  gemm.lda = task.input.ld;
  gemm.weights = task.matrix->data();
  gemm.bias = task.matrix->bias();
  gemm.k = task.matrix->k();
  gemm.c = task.output.floats;
  gemm.c16 = to_floats ? nullptr : task.output.halves;
  gemm.ldc = task.output.ld;
  gemm.residual = task.residual;
  gemm.post = task.post;
  return gemm;
}

NormTask norm_task(const float* x, const float* add, const Rows& y, const NormView& norm) {
  NormTask task;
  task.x = x;
  task.add = add;
  task.weight = norm.weight;
  task.bias = norm.bias;
  task.eps = norm.eps;
  task.columns = norm.columns;
  task.ld = y.ld;
  task.y = y.floats;
  task.y16 = y.halves;
  return task;
}

// after(row_begin, row_end) runs in the same item when that item has made whole rows. Returns whether it did.
template <class After>
bool multiply_grid(const Machine& machine, const LinearTask& task, bool to_floats, After after) {
  const Grid grid = plan(machine, task);
  const auto kernel = task.matrix->dtype() == Dtype::bf16 ? machine.kernels.gemm_bf16 : machine.kernels.gemm;
  const GemmTask base = whole(task, to_floats);
  machine.pool.parallel_for(grid.items(), [&](size_t item, size_t) {
    GemmTask gemm = base;
    gemm.row_begin = item % grid.row_chunks * grid.row_step;
    gemm.row_end = std::min(gemm.row_begin + grid.row_step, task.rows);
    gemm.panel_begin = item / grid.row_chunks * grid.panel_step;
    gemm.panel_end = std::min(gemm.panel_begin + grid.panel_step, task.matrix->panels());
    kernel(gemm);
    if (grid.panel_chunks == 1) after(gemm.row_begin, gemm.row_end);
  });
  return grid.panel_chunks == 1;
}

}  // namespace

void multiply(const Machine& machine, const LinearTask& task) {
  multiply_grid(machine, task, task.output.halves == nullptr, [](size_t, size_t) {});
}

void multiply_and_norm(const Machine& machine, const LinearTask& task, const NormView& norm, const Rows& normed) {
  NormTask all = norm_task(task.output.floats, nullptr, normed, norm);
  const bool done = multiply_grid(machine, task, true, [&](size_t begin, size_t end) {
    NormTask rows = all;
    rows.row_begin = begin;
    rows.row_end = end;
    machine.kernels.layer_norm(rows);
  });
  if (!done) layer_norm(machine, task.output.floats, nullptr, normed, task.rows, norm);
}

void layer_norm(const Machine& machine, const float* x, const float* add, const Rows& y, size_t rows,
                const NormView& norm) {
  const NormTask all = norm_task(x, add, y, norm);
  machine.pool.parallel_for(ceil_div(rows, kNormRows), [&](size_t item, size_t) {
    NormTask some = all;
    some.row_begin = item * kNormRows;
    some.row_end = std::min(some.row_begin + kNormRows, rows);
    machine.kernels.layer_norm(some);
  });
}

}  // namespace uie::model::cpu
