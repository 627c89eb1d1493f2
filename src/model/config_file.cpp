#include "model/config_file.h"

#include <fstream>

#include <nlohmann/json.hpp>

namespace uie::model {
namespace {

constexpr size_t kMaxConfigBytes = 1 << 20;

}  // namespace

Result<std::string> read_config_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMaxConfigBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  if (!stream.eof() && text.empty()) {
    return fail(ErrorCode::corrupt_checkpoint, "the model directory has no readable config.json", file.string());
  }
  if (text.size() > kMaxConfigBytes) {
    return fail(ErrorCode::corrupt_checkpoint, "config: larger than 1 MiB", file.string());
  }
  return text;
}

Result<std::string> model_type(std::string_view config) {
  const auto json = nlohmann::json::parse(config, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return fail(ErrorCode::corrupt_checkpoint, "config: not a JSON object");
  const auto found = json.find("model_type");
  if (found == json.end() || !found->is_string()) {
    return fail(ErrorCode::corrupt_checkpoint, "config: \"model_type\" is missing or not a string");
  }
  return found->get<std::string>();
}

}  // namespace uie::model
