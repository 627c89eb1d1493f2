// Reads config.json key by key and keeps the first complaint, so that reading stays a plain list. An absent key and
// null both mean the default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "model/activation.h"
#include "uie/base/result.h"

namespace uie::model {

// No published encoder comes near these; beyond them a file is broken, not large.
constexpr int64_t kMaxWidth = 1 << 16, kMaxRows = 1 << 24, kMaxSpan = 1 << 20, kMaxLayers = 1 << 10;

// Refers to the json, which must be an object. What a reader returns after a complaint is usable, but not right.
class ConfigKeys {
 public:
  explicit ConfigKeys(const nlohmann::json& json) : json_(json) {}

  int64_t integer(const char* key, int64_t fallback);
  int64_t size(const char* key, int64_t most);  // from 1 to most; must be there
  int64_t size(const char* key, int64_t most, int64_t fallback);
  int64_t count(const char* key, int64_t most, int64_t fallback);  // from 0 to most
  bool flag(const char* key, bool fallback);
  float positive(const char* key, float fallback);          // between 0 and 1, both outside
  std::string text(const char* key, const char* fallback);  // lower case
  std::vector<std::string> words(const char* key);          // "a|b" or ["a", "b"]; the order does not matter
  Activation activation(const char* key, const char* fallback);

  void wrong(const char* key, const std::string& what);  // corrupt_checkpoint
  void unsupported(const char* key, const std::string& what);

  const std::optional<Error>& error() const { return error_; }  // the first complaint

 private:
  const nlohmann::json* find(const char* key) const;

  const nlohmann::json& json_;
  std::optional<Error> error_;
};

}  // namespace uie::model
