// Writes checkpoint files byte by byte, sound ones and, on request, odd ones.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace uie::checkpoint {

template <class Number>
std::string raw(Number value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

// A zip archive of stored entries. The options are what PyTorch and other writers differ in.
struct ZipMaker {
  bool zip64 = false;         // sizes and offsets in extra fields, zip64 end records
  bool sizes_follow = false;  // zeros in the local header, a descriptor behind the data
  std::string data, directory;
  uint64_t count = 0;

  void add(const std::string& name, const std::string& bytes) {
    const uint64_t offset = data.size();
    const auto crc =
        static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
    const uint32_t size = zip64 ? 0xFFFFFFFF : static_cast<uint32_t>(bytes.size());
    const std::string wide = raw(uint64_t{bytes.size()}) + raw(uint64_t{bytes.size()});
    const std::string head =
        raw(uint16_t{45}) + raw(static_cast<uint16_t>(sizes_follow ? 8 : 0)) + std::string(6, '\0');
    const std::string local_extra = zip64 ? raw(uint16_t{1}) + raw(uint16_t{16}) + wide : "";
    const std::string central_extra = zip64 ? raw(uint16_t{1}) + raw(uint16_t{24}) + wide + raw(offset) : "";
    const std::string sizes = raw(crc) + raw(size) + raw(size);
    data += "PK\x03\x04" + head + (sizes_follow ? std::string(12, '\0') : sizes) + lengths(name, local_extra) + name +
            local_extra + bytes;
    if (sizes_follow) data += "PK\x07\x08" + raw(crc) + (zip64 ? wide : raw(size) + raw(size));
    directory += "PK\x01\x02" + raw(uint16_t{45}) + head + sizes + lengths(name, central_extra) +
                 std::string(10, '\0') + raw(zip64 ? 0xFFFFFFFF : static_cast<uint32_t>(offset)) + name + central_extra;
    ++count;
  }

  std::string finish(const std::string& comment = "") const {
    const uint64_t offset = data.size(), size = directory.size(), end = offset + size;
    std::string file = data + directory;
    if (zip64) {
      file += "PK\x06\x06" + raw(uint64_t{44}) + raw(uint32_t{0}) + raw(uint64_t{0}) + raw(count) + raw(count) +
              raw(size) + raw(offset);
      file += "PK\x06\x07" + raw(uint32_t{0}) + raw(end) + raw(uint32_t{1});
    }
    const auto entries = static_cast<uint16_t>(zip64 ? 0xFFFF : count);
    return file + "PK\x05\x06" + raw(uint32_t{0}) + raw(entries) + raw(entries) +
           raw(static_cast<uint32_t>(zip64 ? 0xFFFFFFFF : size)) +
           raw(static_cast<uint32_t>(zip64 ? 0xFFFFFFFF : offset)) + raw(static_cast<uint16_t>(comment.size())) +
           comment;
  }

 private:
  static std::string lengths(const std::string& name, const std::string& extra) {
    return raw(static_cast<uint16_t>(name.size())) + raw(static_cast<uint16_t>(extra.size()));
  }
};

// Pieces of a pickle of protocol 2.
namespace pickled {

inline const std::string proto = "\x80\x02", stop = ".", mark = "(", none = "N";

inline std::string text(std::string_view value) {
  return "X" + raw(static_cast<uint32_t>(value.size())) + std::string(value);
}
inline std::string integer(int64_t value) { return "\x8a\x08" + raw(value); }
inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::string& items) { return "(" + items + "t"; }
inline std::string dict(const std::string& items) { return "}(" + items + "u"; }
inline std::string list(const std::string& items) { return "](" + items + "e"; }
inline std::string pickle(const std::string& body) { return proto + body + stop; }

inline std::string integers(const std::vector<int64_t>& values) {
  std::string items;
  for (const int64_t value : values) items += integer(value);
  return tuple(items);
}

inline std::string storage(const std::string& type, const std::string& key, int64_t count, bool legacy = false) {
  return tuple(text("storage") + global("torch", type) + text(key) + text("cpu") + integer(count) +
               (legacy ? none : "")) +
         "Q";
}

inline std::string tensor(const std::string& storage, int64_t offset, const std::vector<int64_t>& sizes,
                          const std::vector<int64_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple(storage + integer(offset) + integers(sizes) + integers(strides) + "\x89" + dict("")) + "R";
}

}  // namespace pickled

struct StorageBytes {
  std::string key, bytes;
  int64_t count = 0;
};

inline std::string zip_file(const std::string& object, const std::vector<StorageBytes>& storages, ZipMaker zip = {}) {
  zip.add("made/data.pkl", object);
  for (const StorageBytes& storage : storages) zip.add("made/data/" + storage.key, storage.bytes);
  zip.add("made/version", "3\n");
  return zip.finish();
}

inline std::string legacy_file(const std::string& object, const std::vector<StorageBytes>& storages) {
  using namespace pickled;
  const std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  std::string keys, records;
  for (const StorageBytes& storage : storages) {
    keys += text(storage.key);
    records += raw(storage.count) + storage.bytes;
  }
  return pickle(magic) + pickle(integer(1001)) + pickle(dict(text("little_endian") + "\x88")) + object +
         pickle(list(keys)) + records;
}

inline std::string safetensors_file(const std::string& json, const std::string& data) {
  return raw(uint64_t{json.size()}) + json + data;
}

}  // namespace uie::checkpoint
