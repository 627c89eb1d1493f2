#include "model/cpu/isa.h"

#include "model/cpu/kernels.h"

namespace uie::model::cpu {
namespace {

std::vector<Isa> detect() {
  std::vector<Isa> found{Isa::portable};
#ifdef UIE_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(Isa::avx2);
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx512) found.push_back(Isa::avx512);
  if (avx512 && __builtin_cpu_supports("avx512bf16")) found.push_back(Isa::avx512_bf16);
#endif
  return found;
}

}  // namespace

std::string_view to_string(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return "portable";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::avx512_bf16:
      return "avx512_bf16";
  }
  return "?";
}

const std::vector<Isa>& available_isas() {
  static const std::vector<Isa> isas = detect();
  return isas;
}

const Kernels& kernels_for(Isa isa) {
#ifdef UIE_X86_KERNELS
  if (isa == Isa::avx512_bf16) return avx512_bf16_kernels();
  if (isa == Isa::avx512) return avx512_kernels();
  if (isa == Isa::avx2) return avx2_kernels();
#endif
  static_cast<void>(isa);
  return portable_kernels();
}

}  // namespace uie::model::cpu
