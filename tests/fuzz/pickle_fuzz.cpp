// PyTorch checkpoints: the input as a whole file (legacy files have no checksums, so mutations reach the pickle machine
// and the geometry), and as the data.pkl of a sound zip archive, whose checksums no mutation would hit.

#include <zlib.h>

#include <string>

#include "fuzz/read_everything.h"

namespace {

template <class Number>
void append(std::string& out, Number value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// A stored archive of one entry after another; the directory grows beside it.
struct Archive {
  std::string data, directory;
  uint16_t count = 0;

  void add(const std::string& name, const std::string& bytes) {
    const auto offset = static_cast<uint32_t>(data.size());
    std::string facts;  // from the version needed up to the extra's length, the same in both headers
    append(facts, uint16_t{20});
    append(facts, uint64_t{0});  // flags, method, time
    append(facts, static_cast<uint32_t>(
                      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()))));
    append(facts, static_cast<uint32_t>(bytes.size()));
    append(facts, static_cast<uint32_t>(bytes.size()));
    append(facts, static_cast<uint16_t>(name.size()));
    append(facts, uint16_t{0});
    data += "PK\x03\x04" + facts + name + bytes;
    directory += std::string("PK\x01\x02\x14\x00", 6) + facts + std::string(10, '\0');
    append(directory, offset);
    directory += name;
    ++count;
  }

  std::string finish() const {
    std::string end = std::string("PK\x05\x06\0\0\0\0", 8);
    append(end, count);
    append(end, count);
    append(end, static_cast<uint32_t>(directory.size()));
    append(end, static_cast<uint32_t>(data.size()));
    append(end, uint16_t{0});
    return data + directory + end;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace uie::checkpoint;
  const std::span<const uint8_t> input(data, size);
  use(read_everything(std::as_bytes(input)));

  Archive archive;
  archive.add("archive/data.pkl", std::string(reinterpret_cast<const char*>(data), size));
  archive.add("archive/data/0", std::string(16, '\x3f'));
  archive.add("archive/data/1", std::string(140, '\x3f'));
  const std::string file = archive.finish();
  use(read_everything(std::as_bytes(std::span(file))));
  return 0;
}
