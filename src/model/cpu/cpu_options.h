// How a model runs on the CPU, whichever architecture it has.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "model/cpu/isa.h"
#include "model/cpu/packed_matrix.h"

namespace uie::model::cpu {

struct CpuOptions {
  size_t threads = 1;          // the caller of run() is one of them
  std::vector<int> pin_to;     // CPUs for the threads, the caller's first (it is not bound); empty: not bound
  Dtype dtype = Dtype::fp32;   // bf16 falls back to fp32 where the processor has no bfloat16 products
  std::optional<Isa> isa;      // nothing: the best available
  size_t chunk_tokens = 1024;  // whole texts run together up to this many tokens, so that activations stay in cache
};

bool has_bf16(Isa isa);

}  // namespace uie::model::cpu
