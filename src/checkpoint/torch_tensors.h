// From the values of a pickle to tensors: which entries are weights, and where their numbers lie.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "checkpoint/pickle.h"
#include "checkpoint/tensor_table.h"

namespace uie::checkpoint {

// What a persistent id says of a storage.
struct StorageId {
  std::string_view key;
  DType dtype = DType::f32;
  uint64_t bytes = 0;
};

Result<StorageId> read_storage_id(const Pickle& pickle, PickleValue storage);

// The storage's bytes, exactly as many as the id says.
using FindStorage = std::function<Result<Bytes>(const StorageId&)>;

// The tensors of the state dict: the top dict, or when it holds none the dict under "state_dict", else "model". Only
// text keys with tensor values count. Views that are contiguous in their storage stay views; the others are copied.
// All tensors together may not exceed 8 × `file_size` + 1 MiB: stride 0 could otherwise make terabytes of one number.
Result<TensorTable> collect_tensors(const Pickle& pickle, const FindStorage& find_storage, uint64_t file_size);

}  // namespace uie::checkpoint
