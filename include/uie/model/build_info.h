// What model/ was built with and finds at run time; for --version, devices and /v1/info.
#pragma once

#include <string>

namespace uie {

struct ModelBuildInfo {
  std::string libtorch;      // "1.13.1"
  std::string cuda;          // "13.0", or "none" for a build without CUDA
  std::string cpu_features;  // what the kernels may use here: "avx2 fma avx512f avx512_bf16"
};

ModelBuildInfo model_build_info();

}  // namespace uie
