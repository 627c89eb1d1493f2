// The two containers that torch.save writes around a pickle.
#pragma once

#include "checkpoint/tensor_table.h"
#include "uie/base/result.h"

namespace uie::checkpoint {

// Since PyTorch 1.6: a zip archive with NAME/data.pkl and one entry NAME/data/KEY for each storage.
Result<TensorTable> read_torch_zip(Bytes file);

// Before: pickles of a magic number, a version, the system, the object and the list of storage keys; then the storages.
Result<TensorTable> read_torch_legacy(Bytes file);

}  // namespace uie::checkpoint
