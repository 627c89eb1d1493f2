// Unpacks a .tar.xz below tests/data (ustar, short names, files only): folders that differ little pack well together.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "data_files.h"

namespace uie::test {

inline void unpack(const std::filesystem::path& below_data, const std::filesystem::path& to) {
  constexpr size_t kBlock = 512, kSizeAt = 124, kTypeAt = 156;
  const std::string tar = unxz(read_file(data_file(below_data)));
  for (size_t at = 0; at + kBlock <= tar.size() && tar[at] != '\0';) {
    const size_t size = std::stoul(tar.substr(at + kSizeAt, 11), nullptr, 8);
    if (tar[at + kTypeAt] == '0') {
      const auto file = to / tar.substr(at, 100).c_str();
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << tar.substr(at + kBlock, size);
    }
    at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
  }
}

}  // namespace uie::test
