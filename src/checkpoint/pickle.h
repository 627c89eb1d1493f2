// Reads a pickle as data. Nothing in it can run: a "function" it names is one of a closed list, and "calling" one only
// notes down what a tensor is made of.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "checkpoint/byte_cursor.h"
#include "checkpoint/pickle_globals.h"
#include "uie/base/result.h"

namespace uie::checkpoint {

enum class PickleKind : uint8_t {
  none,
  boolean,
  integer,      // fits in int64
  big_integer,  // does not; its bytes are kept
  text,
  tuple,
  list,
  dict,
  global,   // a name of the closed list
  storage,  // a persistent id: the items of its tuple
  tensor,   // a call of _rebuild_tensor_v2: the items of its argument tuple
  opaque    // anything a checkpoint may hold beside tensors and that we never look into
};

// A handle of 16 bytes; what it stands for lies in the Pickle. Copies are free, cycles are harmless.
struct PickleValue {
  PickleKind kind = PickleKind::none;
  uint32_t size = 0;  // text, big_integer: bytes; tuple, storage, tensor: items
  int64_t data =
      0;  // boolean, integer: the value; text, big_integer: offset; tuple, …: first item; list, dict, global: index
};

struct PickleEntry {
  PickleValue key, value;
};

// A pickle that was read. Views point into the file.
class Pickle {
 public:
  // Reads one pickle from the start of `bytes`; what follows its STOP is left alone. Time and memory are linear in its
  // length (about 8 bytes for each of the pickle's, and 256 KiB). Errors: corrupt_checkpoint, for names outside the
  // list too; unsupported for names that stand for tensors we do not read.
  static Result<Pickle> read(Bytes bytes);

  PickleValue top() const { return top_; }
  size_t length() const { return length_; }  // bytes up to and with STOP

  std::string_view text(PickleValue value) const;                 // text, big_integer; else empty
  std::span<const PickleValue> items(PickleValue value) const;    // tuple, list, storage, tensor; else empty
  std::span<const PickleEntry> entries(PickleValue value) const;  // dict, in file order, keys may repeat; else empty
  const std::vector<PickleValue>& storages() const { return storages_; }  // as named, may repeat

 private:
  friend class PickleMachine;

  Bytes bytes_;
  size_t length_ = 0;
  PickleValue top_;
  std::vector<PickleValue> tuple_items_;  // of all tuples, one after another
  std::vector<std::vector<PickleValue>> lists_;
  std::vector<std::vector<PickleEntry>> dicts_;
  std::vector<PickleValue> storages_;
};

}  // namespace uie::checkpoint
