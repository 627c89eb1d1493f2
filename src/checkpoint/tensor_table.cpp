#include "checkpoint/tensor_table.h"

namespace uie::checkpoint {

size_t byte_size(DType dtype) {
  switch (dtype) {
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
      return 2;
    case DType::i8:
    case DType::u8:
    case DType::boolean:
      return 1;
  }
  return 0;
}

std::string_view to_string(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return "F64";
    case DType::f32:
      return "F32";
    case DType::f16:
      return "F16";
    case DType::bf16:
      return "BF16";
    case DType::i64:
      return "I64";
    case DType::i32:
      return "I32";
    case DType::i16:
      return "I16";
    case DType::i8:
      return "I8";
    case DType::u8:
      return "U8";
    case DType::boolean:
      return "BOOL";
  }
  return "?";
}

std::optional<int64_t> element_count(const std::vector<int64_t>& shape) {
  // A zero anywhere must not hide an overflow of the others: 0 × 2^40 × 2^40 is refused as well.
  int64_t without_zeros = 1;
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0) return std::nullopt;
    empty = empty || size == 0;
    if (size != 0 && __builtin_mul_overflow(without_zeros, size, &without_zeros)) return std::nullopt;
  }
  return empty ? 0 : without_zeros;
}

std::optional<int64_t> byte_count(int64_t count, DType dtype) {
  int64_t bytes = 0;
  if (count < 0 || __builtin_mul_overflow(count, static_cast<int64_t>(byte_size(dtype)), &bytes)) return std::nullopt;
  return bytes;
}

int64_t TensorView::numel() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

}  // namespace uie::checkpoint
