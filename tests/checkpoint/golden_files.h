// The checkpoint files below tests/data/checkpoints, and what must become of each.
#pragma once

#include <openssl/evp.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {

inline std::filesystem::path golden_folder() {
  return std::filesystem::path(UIE_SOURCE_DIR) / "tests/data/checkpoints";
}

inline std::string read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string golden_bytes(const std::string& name) { return read_whole(golden_folder() / name); }

// On the heap and exactly as long as `text`, so that AddressSanitizer sees a read past its end.
inline std::vector<std::byte> exact_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

struct GoldenCase {
  std::string file, expect, error, what;
  nlohmann::json tensors;  // null where expected.json gives none
};

inline void PrintTo(const GoldenCase& golden, std::ostream* out) { *out << golden.file << ": " << golden.what; }

inline const std::vector<GoldenCase>& golden_cases() {
  static const std::vector<GoldenCase> cases = [] {
    // Python spells infinity as JSON cannot.
    const std::string text = std::regex_replace(golden_bytes("expected.json"), std::regex("-?Infinity"), "\"$&\"");
    std::vector<GoldenCase> read;
    for (const auto& entry : nlohmann::json::parse(text)) {
      read.push_back({entry["file"], entry["expect"], entry.value("error", ""), entry["what"],
                      entry.value("tensors", nlohmann::json())});
    }
    return read;
  }();
  return cases;
}

inline std::string sha256(std::span<const std::byte> bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

}  // namespace uie::checkpoint
