#include "checkpoint/pickle_globals.h"

#include <algorithm>
#include <array>

#include "checkpoint/errors.h"

namespace uie::checkpoint {
namespace {

using enum GlobalRole;

// docs/checkpoints.md shows this list; a test compares the two.
constexpr std::array kGlobals = {
    PickleGlobal{"torch", "FloatStorage", storage_type, DType::f32},
    PickleGlobal{"torch", "DoubleStorage", storage_type, DType::f64},
    PickleGlobal{"torch", "HalfStorage", storage_type, DType::f16},
    PickleGlobal{"torch", "BFloat16Storage", storage_type, DType::bf16},
    PickleGlobal{"torch", "LongStorage", storage_type, DType::i64},
    PickleGlobal{"torch", "IntStorage", storage_type, DType::i32},
    PickleGlobal{"torch", "ShortStorage", storage_type, DType::i16},
    PickleGlobal{"torch", "CharStorage", storage_type, DType::i8},
    PickleGlobal{"torch", "ByteStorage", storage_type, DType::u8},
    PickleGlobal{"torch", "BoolStorage", storage_type, DType::boolean},
    PickleGlobal{"torch._utils", "_rebuild_tensor", rebuild_tensor},
    PickleGlobal{"torch._utils", "_rebuild_tensor_v2", rebuild_tensor},
    PickleGlobal{"torch._utils", "_rebuild_parameter", rebuild_parameter},
    PickleGlobal{"torch._utils", "_rebuild_parameter_with_state", rebuild_parameter},
    PickleGlobal{"collections", "OrderedDict", ordered_dict},
    PickleGlobal{"torch", "Size", inert},
    PickleGlobal{"torch", "device", inert},
    PickleGlobal{"torch", "float32", inert},
    PickleGlobal{"torch", "float64", inert},
    PickleGlobal{"torch", "float16", inert},
    PickleGlobal{"torch", "bfloat16", inert},
    PickleGlobal{"torch", "int64", inert},
    PickleGlobal{"_codecs", "encode", inert},
    PickleGlobal{"__builtin__", "set", inert},
    PickleGlobal{"builtins", "set", inert},
    PickleGlobal{"__builtin__", "frozenset", inert},
    PickleGlobal{"builtins", "frozenset", inert},
    PickleGlobal{"__builtin__", "bytearray", inert},
    PickleGlobal{"builtins", "bytearray", inert},
};

struct Refusal {
  std::string_view module_prefix, name_prefix, reason;
};

constexpr std::array kRefusals = {
    Refusal{"torch._utils", "_rebuild_sparse", "sparse tensors are not supported"},
    Refusal{"torch._utils", "_rebuild_qtensor", "quantised tensors are not supported"},
    Refusal{"torch", "QInt", "quantised tensors are not supported"},
    Refusal{"torch", "QUInt", "quantised tensors are not supported"},
    Refusal{"torch", "Complex", "complex tensors are not supported"},
    Refusal{"__torch__", "", "TorchScript archives are not supported: save the state dict"},
};

}  // namespace

Result<size_t> find_global(std::string_view module, std::string_view name) {
  const auto found = std::find_if(kGlobals.begin(), kGlobals.end(),
                                  [&](const PickleGlobal& g) { return g.module == module && g.name == name; });
  if (found != kGlobals.end()) return static_cast<size_t>(found - kGlobals.begin());
  const std::string place = printable(module) + "." + printable(name);
  for (const Refusal& refusal : kRefusals) {
    if (module.starts_with(refusal.module_prefix) && name.starts_with(refusal.name_prefix)) {
      return unsupported(std::string(refusal.reason), place);
    }
  }
  return corrupt(
      "the pickle names something that a weight file does not need; nothing of it was run. Save the state "
      "dict alone, or as safetensors",
      place);
}

const PickleGlobal& global_at(size_t index) { return kGlobals.at(index); }

std::span<const PickleGlobal> all_globals() { return kGlobals; }

}  // namespace uie::checkpoint
