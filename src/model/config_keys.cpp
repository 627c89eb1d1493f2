#include "model/config_keys.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

namespace uie::model {
namespace {

using Json = nlohmann::json;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::string> split(const std::string& joined) {
  std::vector<std::string> words(1);
  for (const char c : joined) {
    if (c == '|') {
      words.emplace_back();
    } else if (c != ' ') {
      words.back() += c;
    }
  }
  std::erase(words, "");
  return words;
}

}  // namespace

std::string_view to_string(Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return "gelu";
    case Activation::relu:
      return "relu";
    case Activation::tanh:
      return "tanh";
  }
  return "";
}

int64_t ConfigKeys::integer(const char* key, int64_t fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (value->is_number_unsigned() && value->get<uint64_t>() > uint64_t{kMaxRows}) return wrong(key, "is too large"), 0;
  if (value->is_number_integer()) return value->get<int64_t>();
  return wrong(key, "must be a whole number"), fallback;
}

int64_t ConfigKeys::size(const char* key, int64_t most) {
  if (!find(key)) return wrong(key, "is missing"), 1;
  return size(key, most, 0);
}

int64_t ConfigKeys::size(const char* key, int64_t most, int64_t fallback) {
  const int64_t value = integer(key, fallback);
  if (value < 1 || value > most) wrong(key, "must be from 1 to " + std::to_string(most));
  return std::clamp<int64_t>(value, 1, most);
}

int64_t ConfigKeys::count(const char* key, int64_t most, int64_t fallback) {
  const int64_t value = integer(key, fallback);
  if (value < 0 || value > most) wrong(key, "must be from 0 to " + std::to_string(most));
  return std::clamp<int64_t>(value, 0, most);
}

bool ConfigKeys::flag(const char* key, bool fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  return wrong(key, "must be true or false"), fallback;
}

float ConfigKeys::positive(const char* key, float fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  const double number = value->is_number() ? value->get<double>() : -1;
  if (!(number > 0 && number < 1)) wrong(key, "must be a number between 0 and 1");
  return static_cast<float>(number);
}

std::string ConfigKeys::text(const char* key, const char* fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (value->is_string()) return lower(value->get<std::string>());
  return wrong(key, "must be a string"), fallback;
}

std::vector<std::string> ConfigKeys::words(const char* key) {
  const Json* value = find(key);
  if (!value) return {};
  std::string joined;
  if (value->is_array()) {
    for (const Json& item : *value) {
      if (!item.is_string()) return wrong(key, "must hold strings"), std::vector<std::string>{};
      joined += item.get<std::string>() + "|";
    }
  } else {
    joined = text(key, "");
  }
  return split(lower(joined));
}

Activation ConfigKeys::activation(const char* key, const char* fallback) {
  const std::string name = text(key, fallback);
  for (const Activation known : {Activation::gelu, Activation::relu, Activation::tanh}) {
    if (name == to_string(known)) return known;
  }
  unsupported(key, "must be gelu, relu or tanh");
  return Activation::gelu;
}

void ConfigKeys::wrong(const char* key, const std::string& what) {
  if (!error_) error_ = Error{ErrorCode::corrupt_checkpoint, "config: \"" + std::string(key) + "\" " + what, ""};
}

void ConfigKeys::unsupported(const char* key, const std::string& what) {
  if (!error_) error_ = Error{ErrorCode::unsupported, "config: \"" + std::string(key) + "\" " + what, ""};
}

const Json* ConfigKeys::find(const char* key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace uie::model
