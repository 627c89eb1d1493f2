#include "checkpoint/torch_tensors.h"

#include <algorithm>

#include "checkpoint/errors.h"

namespace uie::checkpoint {
namespace {

using Values = std::span<const PickleValue>;

// PyTorch's description of a tensor; sizes, strides and offset in elements.
struct Geometry {
  std::vector<int64_t> sizes, strides;
  int64_t offset = 0;
};

bool is_natural(PickleValue value) { return value.kind == PickleKind::integer && value.data >= 0; }

Result<std::vector<int64_t>> read_naturals(const Pickle& pickle, PickleValue tuple) {
  if (tuple.kind != PickleKind::tuple) return corrupt("its sizes or strides are no tuple");
  if (tuple.size > kMaxRank) return corrupt("it has " + std::to_string(tuple.size) + " dimensions");
  std::vector<int64_t> numbers;
  for (const PickleValue item : pickle.items(tuple)) {
    if (!is_natural(item)) return corrupt("one of its sizes or strides is no number or is negative");
    numbers.push_back(item.data);
  }
  return numbers;
}

// Arguments of _rebuild_tensor and _rebuild_tensor_v2: storage, offset, sizes, strides, and what we do not need.
Result<Geometry> read_geometry(const Pickle& pickle, Values arguments) {
  if (arguments.size() < 4 || arguments[0].kind != PickleKind::storage) return corrupt("it is built from no storage");
  if (!is_natural(arguments[1])) return corrupt("its offset is no number or is negative");
  Result<std::vector<int64_t>> sizes = read_naturals(pickle, arguments[2]);
  if (!sizes) return Unexpected(sizes.error());
  Result<std::vector<int64_t>> strides = read_naturals(pickle, arguments[3]);
  if (!strides) return Unexpected(strides.error());
  if (sizes->size() != strides->size()) return corrupt("it has not as many sizes as strides");
  return Geometry{std::move(*sizes), std::move(*strides), arguments[1].data};
}

// One past the last element touched; nothing when that leaves int64.
std::optional<int64_t> extent(const Geometry& geometry) {
  int64_t last = geometry.offset;
  for (size_t i = 0; i < geometry.sizes.size(); ++i) {
    int64_t reach = 0;
    if (__builtin_mul_overflow(geometry.sizes[i] - 1, geometry.strides[i], &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return std::nullopt;
    }
  }
  return last == INT64_MAX ? std::nullopt : std::optional(last + 1);
}

// Strides of dimensions of size 1 say nothing.
bool is_contiguous(const Geometry& geometry) {
  int64_t expected = 1;
  for (size_t i = geometry.sizes.size(); i-- > 0;) {
    if (geometry.sizes[i] != 1 && geometry.strides[i] != expected) return false;
    expected *= geometry.sizes[i];
  }
  return true;
}

// The elements in row-major order. The geometry was checked against the storage, the count is not zero.
std::vector<std::byte> gather(Bytes storage, Geometry geometry, size_t element, size_t count) {
  // What PyTorch leaves in the stride of a dimension of size 1 is never stepped by, and may be any number.
  for (size_t i = 0; i < geometry.sizes.size(); ++i) {
    if (geometry.sizes[i] == 1) geometry.strides[i] = 0;
  }
  std::vector<std::byte> out(count * element);
  std::vector<int64_t> index(geometry.sizes.size(), 0);
  int64_t at = geometry.offset;
  for (size_t n = 0; n < count; ++n) {
    std::memcpy(out.data() + n * element, storage.data() + static_cast<size_t>(at) * element, element);
    for (size_t i = index.size(); i-- > 0;) {
      at += geometry.strides[i];
      if (++index[i] < geometry.sizes[i]) break;
      at -= geometry.strides[i] * geometry.sizes[i];
      index[i] = 0;
    }
  }
  return out;
}

class Collector {
 public:
  Collector(const Pickle& pickle, const FindStorage& find_storage, uint64_t file_size)
      : pickle_(pickle), find_storage_(find_storage), budget_(8 * file_size + (uint64_t{1} << 20)) {}

  Result<TensorTable> collect() {
    const Result<PickleValue> dict = state_dict();
    if (!dict) return Unexpected(dict.error());
    for (const auto& [key, value] : pickle_.entries(*dict)) {
      if (key.kind != PickleKind::text || value.kind != PickleKind::tensor) continue;
      const std::string_view name = pickle_.text(key);
      if (!is_utf8(name)) return corrupt("the name of a tensor is not UTF-8", printable(name));
      Result<TensorView> view = build(pickle_.items(value));
      if (!view) return Unexpected(Error{view.error().code, view.error().message, "tensor " + printable(name)});
      table_.tensors.insert_or_assign(std::string(name), std::move(*view));
    }
    return std::move(table_);
  }

 private:
  bool holds_tensors(PickleValue dict) const {
    const auto entries = pickle_.entries(dict);
    return std::any_of(entries.begin(), entries.end(), [](const PickleEntry& entry) {
      return entry.key.kind == PickleKind::text && entry.value.kind == PickleKind::tensor;
    });
  }

  // The last entry of a name wins, as in Python.
  PickleValue dict_under(std::string_view name) const {
    PickleValue found;
    for (const auto& [key, value] : pickle_.entries(pickle_.top())) {
      if (key.kind == PickleKind::text && pickle_.text(key) == name) found = value;
    }
    return found;
  }

  Result<PickleValue> state_dict() const {
    const PickleValue top = pickle_.top();
    if (top.kind != PickleKind::dict) return corrupt("the file holds no dict of tensors at its top");
    if (holds_tensors(top)) return top;
    for (const std::string_view name : {"state_dict", "model"}) {
      const PickleValue inner = dict_under(name);
      if (inner.kind != PickleKind::dict) continue;
      if (holds_tensors(inner)) return inner;
      break;
    }
    return corrupt("the file holds no tensors, neither at its top nor under state_dict or model");
  }

  Result<TensorView> build(Values arguments) {
    Result<Geometry> geometry = read_geometry(pickle_, arguments);
    if (!geometry) return Unexpected(geometry.error());
    const Result<StorageId> id = read_storage_id(pickle_, arguments[0]);
    if (!id) return Unexpected(id.error());
    const Result<Bytes> storage = find_storage_(*id);
    if (!storage) return Unexpected(storage.error());
    const Result<Bytes> bytes = place(*storage, *geometry, id->dtype);
    if (!bytes) return Unexpected(bytes.error());
    return TensorView{id->dtype, std::move(geometry->sizes), *bytes};
  }

  Result<Bytes> place(Bytes storage, const Geometry& geometry, DType dtype) {
    const size_t element = byte_size(dtype);
    const auto available = static_cast<int64_t>(storage.size() / element);
    const std::optional<int64_t> count = element_count(geometry.sizes);
    const std::optional<int64_t> size = count ? byte_count(*count, dtype) : std::nullopt;
    if (!size) return corrupt("its shape overflows");
    if (*count == 0) {
      if (geometry.offset > available) return corrupt("it begins outside its storage");
      return Bytes{};
    }
    const std::optional<int64_t> end = extent(geometry);
    if (!end || *end > available) return corrupt("it reaches outside its storage");
    if (static_cast<uint64_t>(*size) > budget_) return corrupt("the tensors are far larger than the file");
    budget_ -= static_cast<uint64_t>(*size);
    if (is_contiguous(geometry)) {
      return storage.subspan(static_cast<size_t>(geometry.offset) * element, static_cast<size_t>(*size));
    }
    table_.copies.push_back(gather(storage, geometry, element, static_cast<size_t>(*count)));
    return Bytes(table_.copies.back());
  }

  const Pickle& pickle_;
  const FindStorage& find_storage_;
  uint64_t budget_;
  TensorTable table_;
};

}  // namespace

// ("storage", type, key, location, number of elements), and in legacy files None or a view of another storage.
Result<StorageId> read_storage_id(const Pickle& pickle, PickleValue storage) {
  const Values id = pickle.items(storage);
  const bool shaped = id.size() >= 5 && id.size() <= 6 && id[0].kind == PickleKind::text &&
                      pickle.text(id[0]) == "storage" && id[1].kind == PickleKind::global &&
                      id[2].kind == PickleKind::text && is_natural(id[4]);
  if (!shaped) return corrupt("the description of its storage is malformed");
  if (id.size() == 6 && id[5].kind != PickleKind::none) {
    return unsupported("storages that are views of others, as very old PyTorch wrote them, are not supported");
  }
  const PickleGlobal& type = global_at(static_cast<size_t>(id[1].data));
  if (type.role != GlobalRole::storage_type) return corrupt("the description of its storage is malformed");
  const std::optional<int64_t> bytes = byte_count(id[4].data, type.dtype);
  if (!bytes) return corrupt("its storage declares more elements than memory can hold");
  return StorageId{pickle.text(id[2]), type.dtype, static_cast<uint64_t>(*bytes)};
}

Result<TensorTable> collect_tensors(const Pickle& pickle, const FindStorage& find_storage, uint64_t file_size) {
  return Collector(pickle, find_storage, file_size).collect();
}

}  // namespace uie::checkpoint
