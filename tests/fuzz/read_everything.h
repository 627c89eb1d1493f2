// Opens bytes as a checkpoint and touches every number, so that the sanitizers see a view that is not right.
#pragma once

#include <span>

#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {

inline unsigned read_everything(std::span<const std::byte> bytes) {
  unsigned sum = 0;
  const Result<Reader> reader = Reader::from_bytes(bytes);
  if (!reader) return static_cast<unsigned>(reader.error().message.size() + reader.error().where.size());
  for (const std::string& name : reader->names()) {
    const Result<TensorView> tensor = reader->tensor(name);
    for (const std::byte byte : tensor->bytes) sum += static_cast<unsigned>(byte);
    if (static_cast<size_t>(tensor->numel()) * byte_size(tensor->dtype) != tensor->bytes.size()) __builtin_trap();
    if (const auto floats = reader->floats(name)) sum += static_cast<unsigned>(floats->size());
  }
  return sum + static_cast<unsigned>(reader->model_names().size());
}

inline volatile unsigned sink = 0;  // keeps the optimiser from dropping the reads

inline void use(unsigned sum) { sink = sum; }

}  // namespace uie::checkpoint
