#include "checkpoint/quantise.h"

#include <algorithm>
#include <cmath>

namespace uie::checkpoint {

std::vector<float> row_scales(std::span<const float> values, size_t rows) {
  std::vector<float> scales;
  const size_t width = rows == 0 ? 0 : values.size() / rows;
  for (size_t row = 0; row < rows; ++row) {
    float largest = 0;
    for (const float value : values.subspan(row * width, width)) largest = std::max(largest, std::abs(value));
    scales.push_back(std::max(largest / 127.0f, 1e-12f));
  }
  return scales;
}

std::vector<int8_t> quantise_rows(std::span<const float> values, std::span<const float> scales) {
  std::vector<int8_t> out(values.size());
  const size_t width = scales.empty() ? 0 : values.size() / scales.size();
  for (size_t row = 0; row < scales.size(); ++row) {
    for (size_t i = row * width; i < (row + 1) * width; ++i) {
      out[i] = static_cast<int8_t>(std::clamp(std::nearbyint(values[i] / scales[row]), -127.0f, 127.0f));
    }
  }
  return out;
}

}  // namespace uie::checkpoint
