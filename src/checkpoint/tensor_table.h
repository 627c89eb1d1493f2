// What every format is read into, and the arithmetic of shapes that they share.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/byte_cursor.h"
#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {

// Views point into the file, or into `copies` where the file does not hold a tensor contiguously.
struct TensorTable {
  std::map<std::string, TensorView, std::less<>> tensors;
  std::vector<std::vector<std::byte>> copies;
};

// More dimensions than any weight has; PyTorch's own loops stop here too.
constexpr size_t kMaxRank = 64;

// Product of the sizes; nothing when one is negative or the product leaves int64.
std::optional<int64_t> element_count(const std::vector<int64_t>& shape);

// Bytes of `count` numbers; nothing when negative or over int64.
std::optional<int64_t> byte_count(int64_t count, DType dtype);

}  // namespace uie::checkpoint
