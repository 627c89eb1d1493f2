// Which instruction sets this processor has, and the kernels compiled for each.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace uie::model::cpu {

struct Kernels;

// Slowest first. Each needs all that its name says; avx512_bf16 has everything avx512 has.
enum class Isa { portable, avx2, avx512, avx512_bf16 };

std::string_view to_string(Isa isa);

// What this machine and this build can run, slowest first; never empty.
const std::vector<Isa>& available_isas();
inline Isa best_isa() { return available_isas().back(); }

// isa must be available.
const Kernels& kernels_for(Isa isa);

}  // namespace uie::model::cpu
