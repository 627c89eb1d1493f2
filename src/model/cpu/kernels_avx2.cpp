#include "model/cpu/kernels.h"

#include "model/cpu/simd_avx2.h"

#include "model/cpu/kernels.inl"

namespace uie::model::cpu {

const Kernels& avx2_kernels() {
  static constexpr Kernels kKernels = {kPanel,          kBlockRows,        gemm,     nullptr,
                                       layer_norm,      activate,          exp2_row, round_to_bf16,
                                       pack_transposed, attention_scratch, attend};
  return kKernels;
}

}  // namespace uie::model::cpu
