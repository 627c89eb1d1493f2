#include "uie/model/build_info.h"

#include <torch/version.h>

#ifndef UIE_CUDA_VERSION
#define UIE_CUDA_VERSION "none"
#endif

namespace uie {
namespace {

std::string cpu_features() {
  std::string found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) found += "avx2 ";
  if (__builtin_cpu_supports("fma")) found += "fma ";
  if (__builtin_cpu_supports("avx512f")) found += "avx512f ";
  if (__builtin_cpu_supports("avx512bf16")) found += "avx512_bf16 ";
#endif
  if (!found.empty()) found.pop_back();
  return found;
}

}  // namespace

ModelBuildInfo model_build_info() { return {TORCH_VERSION, UIE_CUDA_VERSION, cpu_features()}; }

}  // namespace uie
