// A pickle is a program for a stack machine. This machine knows the opcodes that build plain data, and of those that
// call, only REDUCE and BUILD, which here never call: REDUCE of _rebuild_tensor_v2 with its arguments gives a value of
// kind `tensor` that points at those arguments, and torch_tensors.cpp judges them later.
//
// Values are handles of 16 bytes into a few flat vectors (PickleValue). So nothing nests in memory: neither reading nor
// freeing recurses, whatever the depth, and a container that holds itself is only an index. A step costs constant time
// per byte read, and `charge` ties memory to the bytes read so far: a tiny file cannot ask for much.
//
// The first error sticks; until the loop sees it, reads and pops give nothing. Opcodes: CPython's Lib/pickletools.py.

#include "checkpoint/pickle.h"

#include <algorithm>
#include <optional>

#include "checkpoint/errors.h"
#include "checkpoint/pickle_opcodes.h"

namespace uie::checkpoint {
namespace {

constexpr size_t kLongestPickle = size_t{64} << 20;  // offsets fit in 32 bits; real ones have well under 1 MiB
constexpr size_t kDeepestStack = size_t{1} << 16;    // the pickler adds to containers in batches of 1,000
constexpr size_t kFreeMemory = size_t{1} << 18;
constexpr size_t kMemoryPerByte = 8;  // a tensor takes about 110 bytes of pickle and 450 of memory

}  // namespace

class PickleMachine {
 public:
  explicit PickleMachine(Bytes bytes) : cursor_(bytes.first(std::min(bytes.size(), kLongestPickle))) {
    pickle_.bytes_ = bytes;
  }

  Result<Pickle> run() {
    for (;;) {
      const size_t at = cursor_.at();
      const auto opcode = cursor_.number<uint8_t>();
      if (cursor_.ok() && opcode == kStop) break;
      if (cursor_.ok()) step(opcode);
      if (!cursor_.ok()) refuse("the pickle ends too early");
      if (error_) return failure(at);
    }
    pickle_.top_ = pop();
    if (!stack_.empty() || !marks_.empty()) refuse("the pickle leaves something on its stack");
    if (error_) return failure(cursor_.at());
    pickle_.length_ = cursor_.at();
    return std::move(pickle_);
  }

 private:
  void step(uint8_t opcode) {
    switch (opcode) {
      case kProto:
        return check_protocol();
      case kFrame:
        return check_frame();
      case kMark:
        return push_mark();
      case kPop:
        return discard();
      case kPopMark:
        pop_mark();
        return;
      case kDup:
        return push(peek());
      case kNone:
        return push({PickleKind::none});
      case kNewTrue:
        return push({PickleKind::boolean, 0, 1});
      case kNewFalse:
        return push({PickleKind::boolean, 0, 0});
      case kBinInt:
        return push_integer(cursor_.number<int32_t>());
      case kBinInt1:
        return push_integer(cursor_.number<uint8_t>());
      case kBinInt2:
        return push_integer(cursor_.number<uint16_t>());
      case kLong1:
        return push_long(cursor_.number<uint8_t>());
      case kLong4:
        return push_long(cursor_.number<uint32_t>());  // signed in the format: a negative one is too long
      case kBinFloat:
        return push_opaque(8);
      case kBinString:  // Python 2 wrote names so
      case kBinUnicode:
        return push_text(cursor_.number<uint32_t>());
      case kShortBinString:
      case kShortBinUnicode:
        return push_text(cursor_.number<uint8_t>());
      case kBinUnicode8:
        return push_text(cursor_.number<uint64_t>());
      case kBinBytes:
        return push_opaque(cursor_.number<uint32_t>());
      case kShortBinBytes:
        return push_opaque(cursor_.number<uint8_t>());
      case kBinBytes8:
      case kByteArray8:
        return push_opaque(cursor_.number<uint64_t>());
      case kEmptyTuple:
        return push_tuple({});
      case kTuple:
        return push_tuple(pop_mark());
      case kTuple1:
        return push_tuple(pop_last(1));
      case kTuple2:
        return push_tuple(pop_last(2));
      case kTuple3:
        return push_tuple(pop_last(3));
      case kEmptyList:
        return push_list({});
      case kList:
        return push_list(pop_mark());
      case kAppend:
        return append(pop_last(1));
      case kAppends:
        return append(pop_mark());
      case kEmptyDict:
        return push_dict({});
      case kDict:
        return push_dict(pop_mark());
      case kSetItem:
        return set_items(pop_last(2));
      case kSetItems:
        return set_items(pop_mark());
      case kEmptySet:
        return push({PickleKind::opaque});
      case kAddItems:
        return add_to_set(pop_mark());
      case kFrozenSet:
        pop_mark();
        return push({PickleKind::opaque});
      case kBinGet:
        return recall(cursor_.number<uint8_t>());
      case kLongBinGet:
        return recall(cursor_.number<uint32_t>());
      case kBinPut:
        return memorise(cursor_.number<uint8_t>());
      case kLongBinPut:
        return memorise(cursor_.number<uint32_t>());
      case kMemoize:
        return memorise(memo_.size());
      case kGlobal:
        return push_global_lines();
      case kStackGlobal:
        return push_stack_global();
      case kReduce:
        return reduce();
      case kBuild:
        return build();
      case kBinPersId:
        return push_storage();
      default:
        return refuse("the pickle uses an opcode that weight files do not need (" + std::to_string(opcode) + ")");
    }
  }

  // ---- errors and memory

  void refuse(std::string message) {
    if (!error_) error_ = corrupt(std::move(message)).value();
  }

  Unexpected failure(size_t at) {
    if (error_->where.empty()) error_->where = "byte " + std::to_string(at) + " of the pickle";
    return Unexpected(*error_);
  }

  // True when `bytes` more may be allocated.
  bool charge(size_t bytes) {
    charged_ += bytes;
    const bool affordable = charged_ <= kFreeMemory + kMemoryPerByte * cursor_.at();
    if (!affordable) refuse("the pickle unpacks to far more than its size");
    return affordable && !error_;
  }

  // ---- stack. What lies below the last mark cannot be popped.

  using Values = std::span<const PickleValue>;

  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  void push(PickleValue value) {
    if (stack_.size() >= kDeepestStack) return refuse("the pickle's stack grows too deep");
    stack_.push_back(value);
  }

  PickleValue peek() {
    if (stack_.size() > floor()) return stack_.back();
    refuse("the pickle takes from an empty stack");
    return {};
  }

  PickleValue pop() {
    const PickleValue value = peek();
    if (!error_) stack_.pop_back();
    return value;
  }

  // The last `count` values, off the stack. The view lives until the next such call.
  Values pop_last(size_t count) {
    popped_.clear();
    if (stack_.size() < floor() + count) {
      refuse("the pickle takes from an empty stack");
    } else {
      const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
      popped_.assign(first, stack_.end());
      stack_.erase(first, stack_.end());
    }
    return popped_;
  }

  Values pop_mark() {
    if (marks_.empty()) {
      refuse("the pickle misses a mark");
      return {};
    }
    const Values values = pop_last(stack_.size() - floor());
    marks_.pop_back();
    return values;
  }

  void push_mark() {
    if (marks_.size() >= kDeepestStack) return refuse("the pickle's stack grows too deep");
    marks_.push_back(static_cast<uint32_t>(stack_.size()));
  }

  // POP also takes back a mark, as in CPython.
  void discard() {
    if (stack_.size() == floor() && !marks_.empty()) return marks_.pop_back();
    pop();
  }

  // ---- plain values

  void check_protocol() {
    if (cursor_.number<uint8_t>() > 5) refuse("the pickle is of a protocol after 5");
  }

  void check_frame() {
    if (cursor_.number<uint64_t>() > cursor_.left()) refuse("a frame of the pickle reaches past its end");
  }

  void push_integer(int64_t value) { push({PickleKind::integer, 0, value}); }

  void push_text(uint64_t length) {
    const auto at = static_cast<int64_t>(cursor_.at());
    push({PickleKind::text, static_cast<uint32_t>(cursor_.take(length).size()), at});
  }

  void push_opaque(uint64_t length) {
    cursor_.take(length);
    push({PickleKind::opaque});
  }

  // Little-endian two's complement of any length.
  void push_long(uint32_t length) {
    const auto at = static_cast<int64_t>(cursor_.at());
    const Bytes digits = cursor_.take(length);
    if (length > sizeof(int64_t)) return push({PickleKind::big_integer, static_cast<uint32_t>(digits.size()), at});
    const bool negative = !digits.empty() && (digits.back() & std::byte{0x80}) != std::byte{0};
    int64_t value = negative ? -1 : 0;
    if (!digits.empty()) std::memcpy(&value, digits.data(), digits.size());
    push_integer(value);
  }

  // ---- containers

  void push_tuple(Values items) {
    std::vector<PickleValue>& all = pickle_.tuple_items_;
    if (!charge(items.size_bytes())) return;
    const auto first = static_cast<int64_t>(all.size());
    all.insert(all.end(), items.begin(), items.end());
    push({PickleKind::tuple, static_cast<uint32_t>(items.size()), first});
  }

  void push_list(Values items) {
    if (!charge(sizeof(std::vector<PickleValue>) + items.size_bytes())) return;
    pickle_.lists_.emplace_back(items.begin(), items.end());
    push({PickleKind::list, 0, static_cast<int64_t>(pickle_.lists_.size() - 1)});
  }

  void append(Values items) {
    const PickleValue list = peek();
    if (error_) return;
    if (list.kind != PickleKind::list) return refuse("the pickle appends to something that is no list");
    if (!charge(items.size_bytes())) return;
    std::vector<PickleValue>& all = pickle_.lists_[static_cast<size_t>(list.data)];
    all.insert(all.end(), items.begin(), items.end());
  }

  void push_dict(Values items) {
    if (!charge(sizeof(std::vector<PickleEntry>))) return;
    pickle_.dicts_.emplace_back();
    const PickleValue dict = {PickleKind::dict, 0, static_cast<int64_t>(pickle_.dicts_.size() - 1)};
    insert(dict, items);
    push(dict);
  }

  void set_items(Values items) {
    const PickleValue dict = peek();
    if (error_) return;
    if (dict.kind != PickleKind::dict) return refuse("the pickle sets items of something that is no dict");
    insert(dict, items);
  }

  void insert(PickleValue dict, Values items) {
    if (items.size() % 2 != 0) return refuse("the pickle has a key without a value");
    if (!charge(items.size_bytes())) return;
    std::vector<PickleEntry>& all = pickle_.dicts_[static_cast<size_t>(dict.data)];
    for (size_t i = 0; i < items.size(); i += 2) all.push_back({items[i], items[i + 1]});
  }

  void add_to_set(Values) {
    if (peek().kind != PickleKind::opaque) refuse("the pickle adds to something that is no set");
  }

  // ---- memo

  void recall(size_t index) {
    if (index >= memo_.size()) return refuse("the pickle recalls what it never stored");
    push(memo_[index]);
  }

  // Picklers count their indexes up from 0; gaps cost the memory that they span.
  void memorise(size_t index) {
    const PickleValue value = peek();
    if (index >= memo_.size()) {
      if (!charge((index + 1 - memo_.size()) * sizeof(PickleValue))) return;
      memo_.resize(index + 1);
    }
    memo_[index] = value;
  }

  // ---- names and calls

  void push_global(std::string_view module, std::string_view name) {
    const Result<size_t> found = find_global(module, name);
    if (found) return push({PickleKind::global, 0, static_cast<int64_t>(*found)});
    if (!error_) error_ = found.error();
  }

  void push_global_lines() {
    const std::string_view module = cursor_.line();
    const std::string_view name = cursor_.line();
    if (cursor_.ok()) push_global(module, name);
  }

  void push_stack_global() {
    const PickleValue name = pop(), module = pop();
    if (error_) return;
    if (name.kind != PickleKind::text || module.kind != PickleKind::text)
      return refuse("a name in the pickle is no text");
    push_global(pickle_.text(module), pickle_.text(name));
  }

  void push_storage() {
    PickleValue id = pop();
    if (error_) return;
    if (id.kind != PickleKind::tuple) return refuse("a persistent id in the pickle is no tuple");
    if (!charge(sizeof(PickleValue))) return;
    id.kind = PickleKind::storage;
    pickle_.storages_.push_back(id);
    push(id);
  }

  void reduce() {
    const PickleValue arguments = pop(), function = pop();
    if (error_) return;
    if (function.kind != PickleKind::global || arguments.kind != PickleKind::tuple) {
      return refuse("the pickle calls something that is no function");
    }
    switch (global_at(static_cast<size_t>(function.data)).role) {
      case GlobalRole::rebuild_tensor:
        return push({PickleKind::tensor, arguments.size, arguments.data});
      case GlobalRole::rebuild_parameter:
        return rebuild_parameter(arguments);
      case GlobalRole::ordered_dict:
        return build_ordered_dict(arguments);
      case GlobalRole::inert:
        return push({PickleKind::opaque});
      case GlobalRole::storage_type:
        return refuse("the pickle calls a storage type");
    }
  }

  void rebuild_parameter(PickleValue arguments) {
    const Values items = pickle_.items(arguments);
    if (items.empty() || items[0].kind != PickleKind::tensor)
      return refuse("a Parameter in the pickle holds no tensor");
    push(items[0]);
  }

  // OrderedDict() and, from Python 2, OrderedDict([[key, value], …]).
  void build_ordered_dict(PickleValue arguments) {
    push_dict({});
    const Values given = pickle_.items(arguments);
    if (error_ || given.empty()) return;
    if (given.size() != 1 || given[0].kind != PickleKind::list)
      return refuse("an OrderedDict is made of something odd");
    for (const PickleValue pair : pickle_.items(given[0])) {
      const Values entry = pickle_.items(pair);
      if (entry.size() != 2) return refuse("an OrderedDict is made of something odd");
      insert(peek(), entry);
      if (error_) return;
    }
  }

  // The state of an OrderedDict (PyTorch keeps `_metadata` there) and of things we never look into: dropped.
  void build() {
    pop();
    const PickleKind kind = peek().kind;
    if (kind != PickleKind::dict && kind != PickleKind::opaque) refuse("the pickle sets the state of something odd");
  }

  Pickle pickle_;
  ByteCursor cursor_;
  std::optional<Error> error_;
  size_t charged_ = 0;
  std::vector<PickleValue> stack_, memo_, popped_;
  std::vector<uint32_t> marks_;  // heights of the stack
};

Result<Pickle> Pickle::read(Bytes bytes) { return PickleMachine(bytes).run(); }

std::string_view Pickle::text(PickleValue value) const {
  if (value.kind != PickleKind::text && value.kind != PickleKind::big_integer) return {};
  return as_text(bytes_.subspan(static_cast<size_t>(value.data), value.size));
}

std::span<const PickleValue> Pickle::items(PickleValue value) const {
  switch (value.kind) {
    case PickleKind::tuple:
    case PickleKind::storage:
    case PickleKind::tensor:
      return std::span(tuple_items_).subspan(static_cast<size_t>(value.data), value.size);
    case PickleKind::list:
      return lists_[static_cast<size_t>(value.data)];
    default:
      return {};
  }
}

std::span<const PickleEntry> Pickle::entries(PickleValue value) const {
  if (value.kind != PickleKind::dict) return {};
  return dicts_[static_cast<size_t>(value.data)];
}

}  // namespace uie::checkpoint
