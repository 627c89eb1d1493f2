// The kernels as functions: each enqueues work on a stream and returns. stream: a cudaStream_t. Errors of a launch are
// the caller's to ask for (cudaGetLastError).
#pragma once

#include "model/kernels/tasks.h"

struct CUstream_st;

namespace uie::gpu {

using Stream = CUstream_st*;

enum class Number { fp16, bf16 };

// Once a process and device: allows the kernels the shared memory that they need. A cudaError_t.
int prepare_kernels();

void launch_narrow(Number number, const NarrowTask& task, Stream stream);
void launch_embed(Number number, const EmbedTask& task, Stream stream);
void launch_norm(Number number, const NormTask& task, Stream stream);
void launch_neighbours(const NeighbourTask& task, Stream stream);
void launch_activation(Number number, const ActivationTask& task, Stream stream);
// tiles: at least state->tiles; blocks without a tile end at once.
void launch_attention(Number number, const AttentionTask& task, int tiles, Stream stream);
void launch_rotation(Number number, const RotateTask& task, Stream stream);
void launch_begin(const LinkTask& task, Stream stream);
void launch_links(Number number, const LinkTask& task, int tiles, Stream stream);
void launch_cells(Number number, const ProbeTask& task, Stream stream);

}  // namespace uie::gpu
