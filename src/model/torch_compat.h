// What differs between libtorch 1.13 and 2.x, and between the BLAS libraries behind it. Include after ATen/ATen.h.
#pragma once

#include <dlfcn.h>

#include <ATen/Parallel.h>

namespace uie::model {

// Sets the threads of ATen's own loops and of the BLAS. Debian's libtorch calls OpenBLAS, whose threads are its own and
// which ATen does not set; other builds carry MKL, which ATen does.
inline void set_torch_threads(int threads) {
  at::set_num_threads(threads);
  using SetThreads = void (*)(int);
  if (auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(threads);
}

}  // namespace uie::model
