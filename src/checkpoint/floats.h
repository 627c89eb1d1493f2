// Stored numbers as float32.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {

// f64 (rounded), f32, f16 and bf16; nothing for other types.
std::optional<std::vector<float>> widen(const TensorView& tensor);

// rows × scale: `rows` is int8 [rows, …], `scale` one number per row.
std::vector<float> scale_rows(const TensorView& rows, std::span<const float> scale);

}  // namespace uie::checkpoint
