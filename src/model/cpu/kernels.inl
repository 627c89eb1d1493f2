// All kernels for one instruction set. The including file has included one simd_*.h, which gives Vec, kWidth,
// kPanelVecs, kBlockRows and the operations on Vec. Everything is in unnamed namespaces: each including file has its
// own copies.
#pragma once

#include "model/cpu/elementwise_kernel.inl"
#include "model/cpu/gemm_kernel.inl"

#include "model/cpu/attention_kernel.inl"
