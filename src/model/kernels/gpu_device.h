// gpu.h on a real card. sm_80 and later: one instruction each; sm_75: products in two steps, plain copies; sm_70: no
// matrix instruction of this shape, so products go through shuffles (right, and slow).
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define UIE_DEVICE __device__ __forceinline__

namespace uie::gpu {

struct Fp16 {};
struct Bf16 {};

UIE_DEVICE int thread() { return static_cast<int>(threadIdx.x); }
UIE_DEVICE int lane() { return static_cast<int>(threadIdx.x) % kWarp; }
UIE_DEVICE int warp() { return static_cast<int>(threadIdx.x) / kWarp; }
UIE_DEVICE int threads() { return static_cast<int>(blockDim.x); }
UIE_DEVICE int block_x() { return static_cast<int>(blockIdx.x); }
UIE_DEVICE int block_y() { return static_cast<int>(blockIdx.y); }
UIE_DEVICE void sync() { __syncthreads(); }

UIE_DEVICE float shuffle_xor(float x, int mask) { return __shfl_xor_sync(~0U, x, mask); }
UIE_DEVICE float power_of_two(float x) { return exp2f(x); }
UIE_DEVICE float inverse_root(float x) { return rsqrtf(x); }
UIE_DEVICE float error_function(float x) { return erff(x); }
UIE_DEVICE float hyperbolic_tangent(float x) { return tanhf(x); }
UIE_DEVICE int add_to(int* counter, int n) { return atomicAdd(counter, n); }

UIE_DEVICE float widen(Fp16, uint16_t x) { return __half2float(__ushort_as_half(x)); }
UIE_DEVICE float widen(Bf16, uint16_t x) { return __uint_as_float(static_cast<unsigned>(x) << 16); }
UIE_DEVICE uint16_t narrow(Fp16, float x) { return __half_as_ushort(__float2half_rn(x)); }
UIE_DEVICE uint16_t narrow(Bf16, float x) { return __bfloat16_as_ushort(__float2bfloat16_rn(x)); }

// Two neighbours in memory, the first in the low half.
UIE_DEVICE uint32_t pack(Fp16, float x, float y) {
  const __half2 both = __floats2half2_rn(x, y);
  return *reinterpret_cast<const uint32_t*>(&both);
}
UIE_DEVICE uint32_t pack(Bf16, float x, float y) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(x, y);
  return *reinterpret_cast<const uint32_t*>(&both);
}

UIE_DEVICE uint32_t shared_address(const void* p) { return static_cast<uint32_t>(__cvta_generic_to_shared(p)); }

// 16 bytes from global to shared memory; zeros where `valid` is false. They are there after copies_done() and sync().
UIE_DEVICE void copy16(void* to, const void* from, bool valid) {
#if __CUDA_ARCH__ >= 800
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes));
#else
  *static_cast<uint4*>(to) = valid ? *static_cast<const uint4*>(from) : uint4{0, 0, 0, 0};
#endif
}
UIE_DEVICE void copies_done() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

// Four 8x8 matrices of 16-bit numbers from shared memory: lane 8 m + r gives the address of row r of matrix m, which
// ends up in part[m] as in a fragment (lane 4 g + t: row g, columns 2t, 2t+1).
UIE_DEVICE void load_matrices(uint32_t (&part)[4], const uint16_t* row) {
#if __CUDA_ARCH__ >= 750
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(part[0]), "=r"(part[1]), "=r"(part[2]), "=r"(part[3])
               : "r"(shared_address(row))
               : "memory");
#else
  const unsigned address = shared_address(row);
  const int g = lane() / 4, t = lane() % 4;
  for (int m = 0; m < 4; ++m) {
    const unsigned from = __shfl_sync(~0U, address, 8 * m + g) + 4 * t;
    asm volatile("ld.shared.u32 %0, [%1];" : "=r"(part[m]) : "r"(from) : "memory");
  }
#endif
}
// The same, each matrix transposed: lane 4 g + t gets rows 2t, 2t+1 of column g.
UIE_DEVICE void load_transposed(uint32_t (&part)[4], const uint16_t* row) {
#if __CUDA_ARCH__ >= 750
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(part[0]), "=r"(part[1]), "=r"(part[2]), "=r"(part[3])
               : "r"(shared_address(row))
               : "memory");
#else
  const unsigned address = shared_address(row);
  const int g = lane() / 4, t = lane() % 4;
  for (int m = 0; m < 4; ++m) {
    uint32_t both = 0;
    for (int half = 0; half < 2; ++half) {
      const unsigned from = __shfl_sync(~0U, address, 8 * m + 2 * t + half) + 2 * g;
      uint16_t x;
      asm volatile("ld.shared.u16 %0, [%1];" : "=h"(x) : "r"(from) : "memory");
      both |= static_cast<uint32_t>(x) << (16 * half);
    }
    part[m] = both;
  }
#endif
}

// c += A B, one warp. Layouts: gpu.h.
#if __CUDA_ARCH__ >= 800
UIE_DEVICE void multiply_add(Fp16, float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
UIE_DEVICE void multiply_add(Bf16, float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
#else
// Not inlined: a kernel has hundreds of these.
inline __device__ __noinline__ void multiply_add_shuffled(float (&c)[4], const uint32_t (&a)[4], uint32_t b0,
                                                          uint32_t b1) {
  const Fp16 type;
  const int g = lane() / 4, t = lane() % 4;
  for (int k = 0; k < 16; ++k) {
    const int pair = k % 8 / 2, half = 16 * (k % 2);
    const int a_lane = 4 * g + pair;
    const uint32_t low = __shfl_sync(~0U, k < 8 ? a[0] : a[2], a_lane);
    const uint32_t high = __shfl_sync(~0U, k < 8 ? a[1] : a[3], a_lane);
    const uint32_t b = k < 8 ? b0 : b1;
    const uint32_t even = __shfl_sync(~0U, b, 4 * (2 * t) + pair), odd = __shfl_sync(~0U, b, 4 * (2 * t + 1) + pair);
    const float x = widen(type, static_cast<uint16_t>(low >> half)),
                y = widen(type, static_cast<uint16_t>(high >> half));
    const float u = widen(type, static_cast<uint16_t>(even >> half)),
                v = widen(type, static_cast<uint16_t>(odd >> half));
    c[0] += x * u;
    c[1] += x * v;
    c[2] += y * u;
    c[3] += y * v;
  }
}
UIE_DEVICE void multiply_add(Fp16, float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
#if __CUDA_ARCH__ >= 750
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(b0));
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[2]), "r"(a[3]), "r"(b1));
#else
  multiply_add_shuffled(c, a, b0, b1);
#endif
}
// Cards this old have no bfloat16; profiles never choose it there.
UIE_DEVICE void multiply_add(Bf16, float (&)[4], const uint32_t (&)[4], uint32_t, uint32_t) { __trap(); }
#endif

}  // namespace uie::gpu
