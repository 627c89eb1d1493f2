// The names that a checkpoint's pickle may mention, and what each means to us.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "uie/base/result.h"
#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {

enum class GlobalRole : uint8_t {
  storage_type,       // of numbers of `dtype`
  rebuild_tensor,     // (storage, offset, sizes, strides, …)
  rebuild_parameter,  // (tensor, …): the tensor itself
  ordered_dict,       // () or (pairs)
  inert               // a class whose objects we keep but never look into
};

struct PickleGlobal {
  std::string_view module, name;
  GlobalRole role;
  DType dtype = DType::f32;
};

// Index into the list. Errors: unsupported for kinds of tensor that exist but are not read here, else
// corrupt_checkpoint.
Result<size_t> find_global(std::string_view module, std::string_view name);

const PickleGlobal& global_at(size_t index);
std::span<const PickleGlobal> all_globals();

}  // namespace uie::checkpoint
