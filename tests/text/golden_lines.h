// Golden files of tests/data: one JSON value a line, xz-compressed.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <lzma.h>
#include <nlohmann/json.hpp>

namespace uie {

inline std::filesystem::path test_data(const std::string& name) {
  return std::filesystem::path(UIE_SOURCE_DIR) / "tests/data" / name;
}

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string unpack_xz(const std::string& packed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, UINT64_MAX, 0) != LZMA_OK) throw std::runtime_error("liblzma");
  stream.next_in = reinterpret_cast<const uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  std::string bytes;
  std::vector<uint8_t> block(1 << 16);
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK) {
    stream.next_out = block.data();
    stream.avail_out = block.size();
    status = lzma_code(&stream, LZMA_FINISH);
    bytes.append(block.begin(), block.end() - static_cast<ptrdiff_t>(stream.avail_out));
  }
  lzma_end(&stream);
  if (status != LZMA_STREAM_END) throw std::runtime_error("damaged .xz");
  return bytes;
}

// Lines end at '\n' only: the texts hold U+2028 and the like as they are.
inline std::vector<nlohmann::json> golden_lines(const std::string& name) {
  const std::string bytes = unpack_xz(read_bytes(test_data(name)));
  std::vector<nlohmann::json> lines;
  for (size_t at = 0; at < bytes.size();) {
    const size_t stop = bytes.find('\n', at);
    lines.push_back(nlohmann::json::parse(bytes.substr(at, stop - at)));
    at = stop == bytes.npos ? bytes.size() : stop + 1;
  }
  return lines;
}

}  // namespace uie
