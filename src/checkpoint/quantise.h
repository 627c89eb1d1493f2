// int8 rows: value = int8 × scale of its row. The same arithmetic as the training code's exporter.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace uie::checkpoint {

// Largest magnitude of each row / 127, at least 1e-12. `values` is [rows, width].
std::vector<float> row_scales(std::span<const float> values, size_t rows);

// Nearest multiple of the row's scale, ties to even, in [-127, 127]. `values` is [scales, width], finite.
std::vector<int8_t> quantise_rows(std::span<const float> values, std::span<const float> scales);

}  // namespace uie::checkpoint
