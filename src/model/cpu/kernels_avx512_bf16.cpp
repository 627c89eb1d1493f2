#include "model/cpu/kernels.h"

#include "model/cpu/simd_avx512.h"

#include "model/cpu/kernels.inl"

#include "model/cpu/gemm_bf16_kernel.inl"

namespace uie::model::cpu {

const Kernels& avx512_bf16_kernels() {
  static constexpr Kernels kKernels = {kPanel,          kBlockRows,        gemm,     gemm_bf16,
                                       layer_norm,      activate,          exp2_row, round_to_bf16,
                                       pack_transposed, attention_scratch, attend};
  return kKernels;
}

}  // namespace uie::model::cpu
