// carry() names the members of each type once; Writer and Reader both go through it, so that they cannot disagree.
#include "queue/redis_codec.h"

#include <bit>
#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace uie::redis {
namespace {

// A schema tree is at most as deep as its limits let it be; bytes from elsewhere must not exhaust the stack.
constexpr int kDeepest = 1'000;

// A type whose members carry() names.
template <class T>
concept Object = std::is_class_v<T> && !std::same_as<T, std::string> && !std::same_as<T, Text>;

class Writer {
 public:
  static constexpr bool reads = false;

  template <class... Members>
  void operator()(Members&... members) {
    (put(members), ...);
  }

  std::string bytes;

 private:
  template <class Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void put(const Number& number) {
    uint64_t bits = 0;
    if constexpr (std::is_same_v<Number, double>) {
      bits = std::bit_cast<uint64_t>(number);
    } else {
      bits = static_cast<uint64_t>(number);
    }
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(bits >> (8 * i) & 0xff);
  }
  void put(const std::string& text) {
    put(text.size());
    bytes += text;
  }
  void put(const Text& text) { put(text.bytes()); }
  template <class T>
  void put(std::vector<T>& list) {
    put(list.size());
    for (T& element : list) put(element);
  }
  template <class T>
  void put(std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class A, class B>
  void put(std::pair<A, B>& pair) {
    put(pair.first);
    put(pair.second);
  }
  template <Object T>
  void put(T& object) {
    carry(*this, object);
  }
};

// After the first byte that is wrong, everything reads as zero and ok() is false.
class Reader {
 public:
  static constexpr bool reads = true;

  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class... Members>
  void operator()(Members&... members) {
    (get(members), ...);
  }

  // Everything was there, and nothing more.
  bool ok() const { return ok_ && rest_.empty(); }
  void refuse() { ok_ = false; }
  bool deeper() { return ++depth_ <= kDeepest || (ok_ = false); }
  void higher() { --depth_; }

 private:
  uint64_t bits() {
    if (!ok_ || rest_.size() < 8) {
      ok_ = false;
      return 0;
    }
    uint64_t bits = 0;
    for (size_t i = 0; i < 8; ++i) bits |= uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    rest_.remove_prefix(8);
    return bits;
  }
  template <class Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void get(Number& number) {
    if constexpr (std::is_same_v<Number, double>) {
      number = std::bit_cast<double>(bits());
    } else {
      number = static_cast<Number>(bits());
    }
  }
  void get(std::string& text) {
    const uint64_t size = bits();
    if (size > rest_.size()) return refuse();
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  void get(Text& text) {
    std::string raw;
    get(raw);
    auto read = Text::from_utf8(std::move(raw));
    if (read) {
      text = *std::move(read);
    } else {
      refuse();
    }
  }
  template <class T>
  void get(std::vector<T>& list) {
    const uint64_t size = bits();
    if (size > rest_.size()) return refuse();  // an element has a byte at least: no memory for what cannot be there
    for (uint64_t i = 0; i < size && ok_; ++i) get(list.emplace_back());
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool has = false;
    get(has);
    if (has) get(value.emplace());
  }
  template <class A, class B>
  void get(std::pair<A, B>& pair) {
    get(pair.first);
    get(pair.second);
  }
  template <Object T>
  void get(T& object) {
    carry(*this, object);
  }

  std::string_view rest_;
  bool ok_ = true;
  int depth_ = 0;
};

template <class Archive>
void carry(Archive& archive, SchemaNode& node) {
  if constexpr (Archive::reads) {
    if (!archive.deeper()) return;
  }
  archive(node.label, node.children);
  if constexpr (Archive::reads) archive.higher();
}

template <class Archive>
void carry(Archive& archive, TaskOptions& options) {
  archive(options.threshold, options.thresholds, options.offsets, options.max_windows, options.deadline_ms,
          options.output_all_prefix, options.native);
}

template <class Archive>
void carry(Archive& archive, NamedTask& named) {
  archive(named.kind, named.second, named.question, named.pronoun, named.candidate, named.polarity,
          named.missing_aspect);
}

template <class Archive>
void carry(Archive& archive, Item& item) {
  archive(item.type, item.span, item.begin, item.end, item.confidence);
}

template <class Archive>
void carry(Archive& archive, Error& error) {
  archive(error.code, error.message, error.where);
}

template <class Archive>
void carry(Archive& archive, Extracted& found) {
  archive(found.chains, found.truncated, found.warnings, found.native);
  archive(found.usage.characters, found.usage.tokens, found.usage.windows, found.usage.queries);
  archive(found.timing.queue, found.timing.tokenize, found.timing.compute, found.timing.decode, found.timing.total);
}

template <class Archive>
void carry(Archive& archive, WorkerCard& card) {
  archive(card.model, card.family, card.path_name, card.dtype, card.device, card.parameters, card.memory_bytes,
          card.max_length);
}

template <class T>
std::string written(T value) {
  Writer writer;
  writer(value);
  return std::move(writer.bytes);
}

Unexpected unreadable(const char* what) {
  return fail(ErrorCode::unsupported,
              std::string(what) + " in Redis cannot be read; do all processes of the fleet run the same version?");
}

}  // namespace

std::string encode(const Task& task) {
  Writer writer;
  SchemaNode schema = task.schema ? *task.schema : SchemaNode{};
  TaskOptions options = task.options;
  bool named = task.named != nullptr;
  Text text = task.text;
  writer(text, schema, options, named);
  if (named) {
    NamedTask copy = *task.named;
    writer(copy);
  }
  return std::move(writer.bytes);
}

Result<Task> decode_task(std::string_view bytes) {
  Reader reader(bytes);
  Task task;
  auto schema = std::make_shared<SchemaNode>();
  bool named = false;
  reader(task.text, *schema, task.options, named);
  if (named) {
    auto asked = std::make_shared<NamedTask>();
    reader(*asked);
    task.named = std::move(asked);
  }
  if (!reader.ok()) return unreadable("a job");
  task.schema = std::move(schema);
  return task;
}

std::string encode(const JobResult& result) {
  Writer writer;
  bool good = result.has_value();
  writer(good);
  return writer.bytes + (good ? written(*result) : written(result.error()));
}

JobResult decode_result(std::string_view bytes) {
  Reader reader(bytes);
  bool good = false;
  Extracted found;
  Error error;
  reader(good);
  if (good) {
    reader(found);
  } else {
    reader(error);
  }
  if (!reader.ok() || error.code > ErrorCode::internal) return unreadable("an answer");
  if (good) return found;
  return Unexpected(std::move(error));
}

std::string encode(const WorkerCard& card) { return written(card); }

Result<WorkerCard> decode_card(std::string_view bytes) {
  Reader reader(bytes);
  WorkerCard card;
  reader(card);
  if (!reader.ok()) return unreadable("what a worker says of itself");
  return card;
}

int64_t wall_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// Rounded up to a whole millisecond: a deadline that has not passed is never sent as one that has.
int64_t to_wall(Deadline deadline) { return deadline.is_never() ? 0 : wall_now() + deadline.left().count() + 1; }

Deadline from_wall(int64_t deadline) {
  if (deadline == 0) return Deadline::never();
  return Deadline::after(std::chrono::milliseconds(deadline - wall_now()));
}

}  // namespace uie::redis
