// The kernels compiled for cards, and their grids.
#include "model/kernels/launch.h"

#include <cuda_runtime.h>

#include "model/kernels/attention.h"
#include "model/kernels/links.h"
#include "model/kernels/rows.h"

namespace uie::gpu {
namespace {

constexpr int kLinkColumns = 4;  // blocks that share a row of tiles in the link head
constexpr int kCellBlocks = 64;

template <class E>
__global__ void __launch_bounds__(kAttentionThreads, 3) attend_kernel(AttentionTask task) {
  extern __shared__ __align__(16) char memory[];
  attend(E(), task, memory);
}

template <class E>
__global__ void __launch_bounds__(kAttentionThreads) find_links_kernel(LinkTask task) {
  extern __shared__ __align__(16) char memory[];
  find_links(E(), task, kLinkColumns, memory);
}

template <class E>
__global__ void __launch_bounds__(kRowThreads) read_cells_kernel(ProbeTask task) {
  read_cells(E(), task, kCellBlocks * kRowsABlock);
}

template <class E>
__global__ void __launch_bounds__(kRowThreads) narrow_kernel(NarrowTask task) {
  narrow_all(E(), task);
}

template <class E>
__global__ void __launch_bounds__(kRowThreads) embed_kernel(EmbedTask task) {
  embed(E(), task);
}

template <class E>
__global__ void __launch_bounds__(kRowThreads) norm_kernel(NormTask task) {
  add_and_norm(E(), task);
}

template <class E>
__global__ void __launch_bounds__(kRowThreads) activate_kernel(ActivationTask task) {
  activate(E(), task);
}

template <class E>
__global__ void __launch_bounds__(kRowThreads) rotate_kernel(RotateTask task) {
  rotate(E(), task);
}

__global__ void begin_kernel(LinkTask task) { begin_links(task); }

__global__ void __launch_bounds__(kRowThreads) neighbours_kernel(NeighbourTask task) { gather_neighbours(task); }

unsigned blocks(int64_t work, int64_t each) { return static_cast<unsigned>((work + each - 1) / each); }

}  // namespace

int prepare_kernels() {
  const int bytes = static_cast<int>(kAttentionShared);
  for (const void* kernel :
       {reinterpret_cast<const void*>(attend_kernel<Fp16>), reinterpret_cast<const void*>(attend_kernel<Bf16>)}) {
    const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

#define UIE_LAUNCH(kernel, grid, threads, shared)          \
  if (number == Number::fp16) {                            \
    kernel<Fp16><<<grid, threads, shared, stream>>>(task); \
  } else {                                                 \
    kernel<Bf16><<<grid, threads, shared, stream>>>(task); \
  }

void launch_narrow(Number number, const NarrowTask& task, Stream stream) {
  UIE_LAUNCH(narrow_kernel, blocks(task.count, kRowThreads), kRowThreads, 0)
}

void launch_embed(Number number, const EmbedTask& task, Stream stream) {
  UIE_LAUNCH(embed_kernel, blocks(task.rows, kRowsABlock), kRowThreads, 0)
}

void launch_norm(Number number, const NormTask& task, Stream stream) {
  UIE_LAUNCH(norm_kernel, blocks(task.rows, kRowsABlock), kRowThreads, 0)
}

void launch_neighbours(const NeighbourTask& task, Stream stream) {
  const int64_t chunks = static_cast<int64_t>(task.rows) * task.taps * (task.columns / kRowChunk);
  neighbours_kernel<<<blocks(chunks, kRowThreads), kRowThreads, 0, stream>>>(task);
}

void launch_activation(Number number, const ActivationTask& task, Stream stream) {
  UIE_LAUNCH(activate_kernel, blocks(task.count, kRowChunk * kRowThreads), kRowThreads, 0)
}

void launch_attention(Number number, const AttentionTask& task, int tiles, Stream stream) {
  const dim3 grid(static_cast<unsigned>(tiles), static_cast<unsigned>(task.heads));
  UIE_LAUNCH(attend_kernel, grid, kAttentionThreads, kAttentionShared)
}

void launch_rotation(Number number, const RotateTask& task, Stream stream) {
  UIE_LAUNCH(rotate_kernel, blocks(static_cast<int64_t>(task.count) * task.columns / 2, kRowThreads), kRowThreads, 0)
}

void launch_begin(const LinkTask& task, Stream stream) { begin_kernel<<<1, 1, 0, stream>>>(task); }

void launch_links(Number number, const LinkTask& task, int tiles, Stream stream) {
  const dim3 grid(static_cast<unsigned>(tiles), kLinkColumns);
  UIE_LAUNCH(find_links_kernel, grid, kAttentionThreads, kLinkShared)
}

void launch_cells(Number number, const ProbeTask& task, Stream stream) {
  UIE_LAUNCH(read_cells_kernel, kCellBlocks, kRowThreads, 0)
}

}  // namespace uie::gpu
