// The safetensors format: eight bytes of header length, a JSON header, then the numbers.
#pragma once

#include <map>
#include <string>

#include "checkpoint/tensor_table.h"
#include "uie/base/result.h"

namespace uie::checkpoint {

// Strict, as the format asks: names once, every byte of the data in exactly one tensor, known types only.
Result<TensorTable> read_safetensors(Bytes file);

// What the header says of one tensor; offsets count from the first byte after the header.
struct TensorRecord {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;
};
using TensorRecords = std::map<std::string, TensorRecord, std::less<>>;

// The header's JSON alone.
Result<TensorRecords> parse_safetensors_header(std::string_view json);

}  // namespace uie::checkpoint
