#include "model/cpu/packed_matrix.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace uie::model::cpu {

uint16_t to_bf16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  return static_cast<uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

namespace {

constexpr float kMostInt8 = 127;

bool fits(std::span<const float> row, float scale) {
  return std::all_of(row.begin(), row.end(), [scale](float x) {
    const float number = x / scale;
    return std::abs(number - std::nearbyint(number)) < 2e-4F;
  });
}

// Scales of all rows; empty when one row has none.
std::vector<float> int8_scales(std::span<const float> weight, size_t columns, size_t k) {
  std::vector<float> scales;
  for (size_t column = 0; column < columns; ++column) {
    scales.push_back(int8_scale(weight.subspan(column * k, k)));
    if (scales.back() == 0.0F) return {};
  }
  return scales;
}

}  // namespace

float int8_scale(std::span<const float> row) {
  float most = 0;
  for (const float x : row) most = std::max(most, std::abs(x));
  if (most == 0.0F) return 1;
  for (float number = kMostInt8; number >= 1; --number) {
    if (fits(row, most / number)) return most / number;
  }
  return 0;
}

float int16_limit(size_t k) {
  return std::min(32767.0F, std::floor(2147483647.0F / (kMostInt8 * static_cast<float>(k)) * 0.999F));
}

PackedMatrix::PackedMatrix(const Kernels& kernels, Dtype dtype, std::span<const float> weight, size_t columns, size_t k,
                           std::span<const float> bias)
    : dtype_(dtype), columns_(columns) {
  std::vector<float> scales;
  if (dtype_ == Dtype::int16) scales = int8_scales(weight, columns, k);
  if (dtype_ == Dtype::int16 && scales.empty()) dtype_ = Dtype::fp32;
  const size_t panel = kernels.panel;
  k_ = dtype_ == Dtype::fp32 ? k : round_up(k, 2);
  panels_ = ceil_div(columns, panel);
  bias_.reserve(panels_ * panel);
  std::copy(bias.begin(), bias.end(), bias_.data());
  scales_.reserve(scales.empty() ? 0 : panels_ * panel);
  std::copy(scales.begin(), scales.end(), scales_.data());
  if (dtype_ == Dtype::fp32) floats_.reserve(panels_ * panel * k_);
  if (dtype_ == Dtype::bf16) halves_.reserve(panels_ * panel * k_);
  if (dtype_ == Dtype::int16) ints_.reserve(panels_ * panel * k_);
  for (size_t column = 0; column < columns; ++column) pack_row(weight.subspan(column * k, k), column, panel);
}

void PackedMatrix::pack_row(std::span<const float> row, size_t column, size_t panel) {
  const size_t base = column / panel * panel * k_, lane = column % panel;
  const auto pair_place = [&](size_t i) { return base + (i / 2 * panel + lane) * 2 + i % 2; };
  for (size_t i = 0; i < row.size(); ++i) {
    switch (dtype_) {
      case Dtype::fp32:
        floats_[base + i * panel + lane] = row[i];
        break;
      case Dtype::bf16:
        halves_[pair_place(i)] = to_bf16(row[i]);
        break;
      case Dtype::int16:
        ints_[pair_place(i)] = static_cast<int16_t>(std::nearbyint(row[i] / scales_[column]));
        break;
    }
  }
}

const void* PackedMatrix::data() const {
  switch (dtype_) {
    case Dtype::bf16:
      return halves_.data();
    case Dtype::int16:
      return ints_.data();
    case Dtype::fp32:
      break;
  }
  return floats_.data();
}

}  // namespace uie::model::cpu
