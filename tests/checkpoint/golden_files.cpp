#include "checkpoint/golden_files.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace uie::checkpoint {
namespace {

// JSON has no infinity: it stands there as a string.
double number_from(const nlohmann::json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

GoldenTensor tensor_from(const nlohmann::json& entry) {
  GoldenTensor tensor{entry["shape"], entry["dtype"], entry["sha256"], {}};
  for (const auto& value : entry["first"]) tensor.first.push_back(number_from(value));
  return tensor;
}

GoldenCase case_from(const nlohmann::json& entry) {
  GoldenCase golden{entry["file"], entry["expect"], entry["what"], std::nullopt};
  if (!entry.contains("tensors") || entry["tensors"].is_null()) return golden;
  golden.tensors.emplace();
  for (const auto& [name, tensor] : entry["tensors"].items()) golden.tensors->emplace(name, tensor_from(tensor));
  return golden;
}

}  // namespace

std::filesystem::path golden_folder() { return std::filesystem::path(UIE_SOURCE_DIR) / "tests/data/checkpoints"; }

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::byte> exact_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void PrintTo(const GoldenCase& golden, std::ostream* out) { *out << golden.file << ": " << golden.what; }

const std::vector<GoldenCase>& golden_cases() {
  static const std::vector<GoldenCase> cases = [] {
    std::vector<GoldenCase> read;
    for (const auto& entry : nlohmann::json::parse(golden_bytes("expected.json"))) read.push_back(case_from(entry));
    return read;
  }();
  return cases;
}

std::string sha256(std::span<const std::byte> bytes) {
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
