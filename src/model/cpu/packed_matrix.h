// The weights of a linear layer, stored once in the order in which the micro-kernels read them.
#pragma once

#include <cstdint>
#include <span>

#include "model/cpu/aligned_buffer.h"
#include "model/cpu/kernels.h"

namespace uie::model::cpu {

enum class Dtype { fp32, bf16 };  // of weights and of the products' inputs; sums are always float

// W [columns, k] of y = x Wᵀ + b as panels (see GemmTask).
class PackedMatrix {
 public:
  PackedMatrix() = default;
  // weight: [columns, k] row major. bias: [columns] or empty.
  PackedMatrix(const Kernels& kernels, Dtype dtype, std::span<const float> weight, size_t columns, size_t k,
               std::span<const float> bias);

  Dtype dtype() const { return dtype_; }
  size_t k() const { return k_; }  // even for bf16: a zero column is added where needed
  size_t columns() const { return columns_; }
  size_t panels() const { return panels_; }
  const void* data() const;
  const float* bias() const { return bias_.data(); }  // [panels * panel], zeros where the layer has none
  size_t bytes() const { return floats_.bytes() + halves_.bytes() + bias_.bytes(); }

 private:
  Dtype dtype_ = Dtype::fp32;
  size_t columns_ = 0, k_ = 0, panels_ = 0;
  AlignedBuffer<float> floats_, bias_;
  AlignedBuffer<uint16_t> halves_;
};

// To nearest, ties to even.
uint16_t to_bf16(float x);

}  // namespace uie::model::cpu
