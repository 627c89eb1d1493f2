// What the kernels need of a GPU, by name: a warp's matrix product, its loads, shuffles, barriers. Two implementations:
// the real one (gpu_device.h, PTX and intrinsics) and one that runs the same kernels on the CPU, thread by thread, for
// tests (tests/model/gpu_emulation.h). Kernels are plain functions over these; nothing here or in them knows libtorch.
//
// Numbers of 16 bits lie in memory as uint16_t; what they mean is a type parameter, Fp16 or Bf16. Sums are float.
//
// Fragments of one warp (PTX ISA, mma.m16n8k16), lane = 4 g + t:
//   A [16 x 16]: a[0] (row g, columns 2t, 2t+1), a[1] (g+8, same), a[2] (g, 2t+8, 2t+9), a[3] (g+8, same)
//   B [16 x 8]:  b[0] (rows 2t, 2t+1, column g), b[1] (rows 2t+8, 2t+9, column g)
//   C [16 x 8]:  c[0], c[1] (row g, columns 2t, 2t+1), c[2], c[3] (row g+8, same)
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/kernels/tasks.h"

#ifdef UIE_GPU_EMULATION
#include "model/gpu_emulation.h"
#else
#include "model/kernels/gpu_device.h"
#endif
