#include "model/cpu/packed_matrix.h"

#include <algorithm>
#include <bit>

namespace uie::model::cpu {

uint16_t to_bf16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  return static_cast<uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

PackedMatrix::PackedMatrix(const Kernels& kernels, Dtype dtype, std::span<const float> weight, size_t columns, size_t k,
                           std::span<const float> bias)
    : dtype_(dtype), columns_(columns), k_(dtype == Dtype::bf16 ? round_up(k, 2) : k) {
  const size_t panel = kernels.panel;
  panels_ = ceil_div(columns, panel);
  bias_.reserve(panels_ * panel);
  std::copy(bias.begin(), bias.end(), bias_.data());
  if (dtype == Dtype::bf16) {
    halves_.reserve(panels_ * panel * k_);
  } else {
    floats_.reserve(panels_ * panel * k_);
  }
  for (size_t column = 0; column < columns; ++column) {
    const float* row = weight.data() + column * k;
    const size_t base = column / panel * panel * k_, lane = column % panel;
    if (dtype == Dtype::bf16) {
      for (size_t i = 0; i < k; ++i) halves_[base + (i / 2 * panel + lane) * 2 + i % 2] = to_bf16(row[i]);
    } else {
      for (size_t i = 0; i < k; ++i) floats_[base + i * panel + lane] = row[i];
    }
  }
}

const void* PackedMatrix::data() const {
  if (dtype_ == Dtype::bf16) return halves_.data();
  return floats_.data();
}

}  // namespace uie::model::cpu
