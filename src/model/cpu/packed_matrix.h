// The weights of a linear layer, stored once in the order in which the micro-kernels read them.
#pragma once

#include <cstdint>
#include <span>

#include "model/cpu/aligned_buffer.h"
#include "model/cpu/kernels.h"

namespace uie::model::cpu {

// How a product computes. fp32: floats. bf16: weights and inputs rounded to bfloat16, float sums. int16: int8 weights
// as the checkpoint stores them, inputs rounded to 16 bits with a scale per row, integer sums.
enum class Dtype { fp32, bf16, int16 };

// W [columns, k] of y = x Wᵀ + b as panels (see GemmTask).
class PackedMatrix {
 public:
  PackedMatrix() = default;
  // weight: [columns, k] row major. bias: [columns] or empty. int16 is granted where every row is int8 times a scale
  // (as far as floats tell); any other matrix stays fp32: see dtype().
  PackedMatrix(const Kernels& kernels, Dtype dtype, std::span<const float> weight, size_t columns, size_t k,
               std::span<const float> bias);

  Dtype dtype() const { return dtype_; }
  size_t k() const { return k_; }  // even for bf16 and int16: a zero column is added where needed
  size_t columns() const { return columns_; }
  size_t panels() const { return panels_; }
  const void* data() const;
  const float* bias() const { return bias_.data(); }      // [panels * panel], zeros where the layer has none
  const float* scales() const { return scales_.data(); }  // int16: like bias()
  size_t bytes() const { return floats_.bytes() + halves_.bytes() + ints_.bytes() + bias_.bytes() + scales_.bytes(); }

 private:
  void pack_row(std::span<const float> row, size_t column, size_t panel);

  Dtype dtype_ = Dtype::fp32;
  size_t columns_ = 0, k_ = 0, panels_ = 0;
  AlignedBuffer<float> floats_, bias_, scales_;
  AlignedBuffer<uint16_t> halves_;
  AlignedBuffer<int16_t> ints_;
};

// The scale of a row of int8 numbers times a scale; 0 when it is no such row. A row of zeros has scale 1.
float int8_scale(std::span<const float> row);

// The largest number of a 16-bit input of a product over k int8 weights: no sum of such products overflows 32 bits.
float int16_limit(size_t k);

// To nearest, ties to even.
uint16_t to_bf16(float x);

}  // namespace uie::model::cpu
