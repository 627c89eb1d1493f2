#include <map>

#include "checkpoint/errors.h"
#include "checkpoint/torch_file.h"
#include "checkpoint/torch_tensors.h"

namespace uie::checkpoint {
namespace {

constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";  // 0x1950a86a20f9469cfc6c
constexpr int64_t kProtocolVersion = 1001;

struct LegacyFile {
  Pickle object, keys;
  Bytes storages;  // all that follows the pickles
};

Result<Pickle> next_pickle(Bytes& rest) {
  Result<Pickle> pickle = Pickle::read(rest);
  if (pickle) rest = rest.subspan(pickle->length());
  return pickle;
}

Result<void> check_system(const Pickle& system) {
  for (const auto& [key, value] : system.entries(system.top())) {
    const bool big_endian = system.text(key) == "little_endian" && value.kind == PickleKind::boolean && value.data == 0;
    if (big_endian) return unsupported("only little-endian checkpoints are supported");
  }
  return {};
}

Result<LegacyFile> read_pickles(Bytes rest) {
  const Result<Pickle> magic = next_pickle(rest);
  if (!magic) return Unexpected(magic.error());
  if (magic->text(magic->top()) != kMagic) return corrupt("a pickle, but no PyTorch checkpoint");
  const Result<Pickle> version = next_pickle(rest);
  if (!version) return Unexpected(version.error());
  if (version->top().kind != PickleKind::integer || version->top().data != kProtocolVersion) {
    return corrupt("a legacy PyTorch checkpoint of an unknown version");
  }
  const Result<Pickle> system = next_pickle(rest);
  if (!system) return Unexpected(system.error());
  if (Result<void> usable = check_system(*system); !usable) return Unexpected(usable.error());
  Result<Pickle> object = next_pickle(rest);
  if (!object) return Unexpected(object.error());
  Result<Pickle> keys = next_pickle(rest);
  if (!keys) return Unexpected(keys.error());
  return LegacyFile{std::move(*object), std::move(*keys), rest};
}

using DeclaredStorages = std::map<std::string_view, StorageId>;

Result<DeclaredStorages> declared_storages(const Pickle& object) {
  DeclaredStorages declared;
  for (const PickleValue storage : object.storages()) {
    const Result<StorageId> id = read_storage_id(object, storage);
    if (!id) return Unexpected(id.error());
    const auto [known, fresh] = declared.emplace(id->key, *id);
    if (!fresh && (known->second.dtype != id->dtype || known->second.bytes != id->bytes)) {
      return corrupt("a storage is declared in two ways", "storage " + printable(id->key));
    }
  }
  return declared;
}

using LocatedStorages = std::map<std::string_view, Bytes>;

// One record: the number of elements, then the elements.
Result<Bytes> read_record(ByteCursor& cursor, const StorageId& id) {
  const auto count = cursor.number<int64_t>();
  const Bytes bytes = cursor.take(id.bytes);
  if (!cursor.ok()) return corrupt("the file ends before its storage does", "storage " + printable(id.key));
  if (byte_count(count, id.dtype) != static_cast<int64_t>(id.bytes)) {
    return corrupt("its record and its declaration differ in size", "storage " + printable(id.key));
  }
  return bytes;
}

Result<LocatedStorages> locate_storages(const LegacyFile& file) {
  const Result<DeclaredStorages> declared = declared_storages(file.object);
  if (!declared) return Unexpected(declared.error());
  if (file.keys.top().kind != PickleKind::list) return corrupt("the list of storages is missing");
  LocatedStorages located;
  ByteCursor cursor(file.storages);
  for (const PickleValue item : file.keys.items(file.keys.top())) {
    const auto id = declared->find(file.keys.text(item));
    if (id == declared->end()) return corrupt("the list of storages names one that no tensor uses");
    const Result<Bytes> bytes = read_record(cursor, id->second);
    if (!bytes) return Unexpected(bytes.error());
    if (!located.emplace(id->first, *bytes).second) return corrupt("the list of storages names one twice");
  }
  if (cursor.left() != 0) return corrupt(std::to_string(cursor.left()) + " bytes follow the last storage");
  return located;
}

}  // namespace

Result<TensorTable> read_torch_legacy(Bytes file) {
  const Result<LegacyFile> parts = read_pickles(file);
  if (!parts) return Unexpected(parts.error());
  const Result<LocatedStorages> located = locate_storages(*parts);
  if (!located) return Unexpected(located.error());
  const FindStorage find = [&](const StorageId& id) -> Result<Bytes> {
    const auto found = located->find(id.key);
    if (found == located->end()) return corrupt("the file has no record of its storage " + printable(id.key));
    return found->second;
  };
  return collect_tensors(parts->object, find, file.size());
}

}  // namespace uie::checkpoint
