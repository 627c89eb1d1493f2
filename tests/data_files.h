// Finds and reads the files below tests/data. Link LibLZMA::LibLZMA.
//
//   for (const std::string& line : uie::test::xz_lines("rex/ck_base/golden.jsonl.xz")) ...
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <lzma.h>

namespace uie::test {

// An absolute path stays what it is.
inline std::filesystem::path data_file(const std::filesystem::path& below_data) {
  return std::filesystem::path(UIE_SOURCE_DIR) / "tests/data" / below_data;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string unxz(const std::string& packed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) throw std::runtime_error("liblzma");
  std::string plain;
  std::vector<uint8_t> block(1 << 20);
  stream.next_in = reinterpret_cast<const uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK) {
    stream.next_out = block.data();
    stream.avail_out = block.size();
    status = lzma_code(&stream, LZMA_FINISH);
    plain.append(reinterpret_cast<const char*>(block.data()), block.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (status != LZMA_STREAM_END) throw std::runtime_error("broken xz data");
  return plain;
}

// The lines of an .xz file below tests/data, without their line ends; empty lines are left out.
inline std::vector<std::string> xz_lines(const std::filesystem::path& below_data) {
  const std::string plain = unxz(read_file(data_file(below_data)));
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < plain.size();) {
    size_t end = plain.find('\n', begin);
    if (end == std::string::npos) end = plain.size();
    if (end > begin) lines.push_back(plain.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace uie::test
