// The checkpoint files below tests/data/checkpoints, and what must become of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace uie::checkpoint {

std::filesystem::path golden_folder();

std::string read_whole(const std::filesystem::path& path);
inline std::string golden_bytes(const std::string& name) { return read_whole(golden_folder() / name); }

// On the heap and exactly as long as `text`, so that AddressSanitizer sees a read past its end.
std::vector<std::byte> exact_bytes(std::string_view text);

struct GoldenTensor {
  std::vector<int64_t> shape;
  std::string dtype;  // as numpy spells it
  std::string sha256;
  std::vector<double> first;
};

struct GoldenCase {
  std::string file, expect, what;
  std::optional<std::map<std::string, GoldenTensor>> tensors;
};

void PrintTo(const GoldenCase& golden, std::ostream* out);

const std::vector<GoldenCase>& golden_cases();

std::string sha256(std::span<const std::byte> bytes);

}  // namespace uie::checkpoint
