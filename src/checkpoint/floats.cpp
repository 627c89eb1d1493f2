#include "checkpoint/floats.h"

#include <cstring>

#include "checkpoint/half.h"

namespace uie::checkpoint {
namespace {

// The bytes need not be aligned for Number.
template <class Number, class ToFloat>
std::vector<float> convert_each(std::span<const std::byte> bytes, ToFloat to_float) {
  std::vector<float> out(bytes.size() / sizeof(Number));
  for (size_t i = 0; i < out.size(); ++i) {
    Number number;
    std::memcpy(&number, bytes.data() + i * sizeof(Number), sizeof(Number));
    out[i] = to_float(number);
  }
  return out;
}

}  // namespace

std::optional<std::vector<float>> widen(const TensorView& tensor) {
  switch (tensor.dtype) {
    case DType::f64:
      return convert_each<double>(tensor.bytes, [](double v) { return static_cast<float>(v); });
    case DType::f32:
      return convert_each<float>(tensor.bytes, [](float v) { return v; });
    case DType::f16:
      return convert_each<uint16_t>(tensor.bytes, float_from_f16);
    case DType::bf16:
      return convert_each<uint16_t>(tensor.bytes, float_from_bf16);
    default:
      return std::nullopt;
  }
}

std::vector<float> scale_rows(const TensorView& rows, std::span<const float> scale) {
  const size_t width = scale.empty() ? 0 : rows.bytes.size() / scale.size();
  std::vector<float> out(rows.bytes.size());
  const auto* in = reinterpret_cast<const int8_t*>(rows.bytes.data());
  for (size_t row = 0; row < scale.size(); ++row) {
    for (size_t i = row * width; i < (row + 1) * width; ++i) out[i] = static_cast<float>(in[i]) * scale[row];
  }
  return out;
}

}  // namespace uie::checkpoint
