#include "model/deberta_config.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/config_file.h"

namespace uie::model {
namespace {

using Json = nlohmann::json;

// No published DeBERTa comes near these; beyond them a file is broken, not large.
constexpr int64_t kMaxWidth = 1 << 16, kMaxRows = 1 << 24, kMaxSpan = 1 << 20, kMaxLayers = 1 << 10, kMaxKernel = 255;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Reads keys one by one and keeps the first complaint, so that reading stays a plain list. An absent key and null
// both mean the default.
class Keys {
 public:
  explicit Keys(const Json& json) : json_(json) {}

  int64_t integer(const char* key, int64_t fallback) {
    const Json* value = find(key);
    if (!value) return fallback;
    if (value->is_number_unsigned() && value->get<uint64_t>() > uint64_t{kMaxRows})
      return wrong(key, "is too large"), 0;
    if (value->is_number_integer()) return value->get<int64_t>();
    return wrong(key, "must be a whole number"), fallback;
  }

  int64_t size(const char* key, int64_t most) {
    if (!find(key)) return wrong(key, "is missing"), 1;
    return size(key, most, 0);
  }

  int64_t size(const char* key, int64_t most, int64_t fallback) {
    const int64_t value = integer(key, fallback);
    if (value < 1 || value > most) wrong(key, "must be from 1 to " + std::to_string(most));
    return std::clamp<int64_t>(value, 1, most);
  }

  int64_t count(const char* key, int64_t most, int64_t fallback) {
    const int64_t value = integer(key, fallback);
    if (value < 0 || value > most) wrong(key, "must be from 0 to " + std::to_string(most));
    return std::clamp<int64_t>(value, 0, most);
  }

  bool flag(const char* key, bool fallback) {
    const Json* value = find(key);
    if (!value) return fallback;
    if (value->is_boolean()) return value->get<bool>();
    return wrong(key, "must be true or false"), fallback;
  }

  float positive(const char* key, float fallback) {
    const Json* value = find(key);
    if (!value) return fallback;
    const double number = value->is_number() ? value->get<double>() : -1;
    if (!(number > 0 && number < 1)) wrong(key, "must be a number between 0 and 1");
    return static_cast<float>(number);
  }

  std::string text(const char* key, const char* fallback) {
    const Json* value = find(key);
    if (!value) return fallback;
    if (value->is_string()) return lower(value->get<std::string>());
    return wrong(key, "must be a string"), fallback;
  }

  // "a|b" or ["a", "b"]; the order does not matter.
  std::vector<std::string> words(const char* key) {
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

  void wrong(const char* key, const std::string& what) {
    if (!error_) error_ = Error{ErrorCode::corrupt_checkpoint, "config: \"" + std::string(key) + "\" " + what, ""};
  }
  void unsupported(const char* key, const std::string& what) {
    if (!error_) error_ = Error{ErrorCode::unsupported, "config: \"" + std::string(key) + "\" " + what, ""};
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  static std::vector<std::string> split(const std::string& joined) {
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

  const Json& json_;
  std::optional<Error> error_;
};

bool holds(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void only(Keys& keys, const char* key, const std::vector<std::string>& words,
          std::initializer_list<std::string_view> known) {
  for (const std::string& word : words) {
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      keys.unsupported(key, "holds a term that is not supported: " + word);
    }
  }
}

Activation activation(Keys& keys, const char* key, const char* fallback) {
  const std::string name = keys.text(key, fallback);
  for (const Activation known : {Activation::gelu, Activation::relu, Activation::tanh}) {
    if (name == to_string(known)) return known;
  }
  keys.unsupported(key, "must be gelu, relu or tanh");
  return Activation::gelu;
}

void read_sizes(Keys& keys, DebertaConfig& config) {
  config.vocab_size = keys.size("vocab_size", kMaxRows);
  config.hidden = keys.size("hidden_size", kMaxWidth);
  config.embedding_size = keys.size("embedding_size", kMaxWidth, config.hidden);
  config.layers = keys.size("num_hidden_layers", kMaxLayers);
  config.heads = keys.size("num_attention_heads", kMaxWidth);
  config.intermediate = keys.size("intermediate_size", kMaxWidth);
  config.max_position_embeddings = keys.size("max_position_embeddings", kMaxSpan, 512);
  config.type_vocab_size = keys.count("type_vocab_size", kMaxRows, 0);
  config.hidden_act = activation(keys, "hidden_act", "gelu");
  config.layer_norm_eps = keys.positive("layer_norm_eps", 1e-7F);
  config.position_biased_input = keys.flag("position_biased_input", true);
  if (config.hidden % config.heads != 0) keys.wrong("num_attention_heads", "must divide hidden_size");
  if (config.hidden % 2 != 0) keys.wrong("hidden_size", "must be even (the link head turns pairs)");
  if (keys.size("attention_head_size", kMaxWidth, config.head_dim()) != config.head_dim()) {
    keys.unsupported("attention_head_size", "other than hidden_size / num_attention_heads is not supported");
  }
}

void read_relative(Keys& keys, DebertaConfig& config) {
  config.relative_attention = keys.flag("relative_attention", false);
  config.share_att_key = keys.flag("share_att_key", false);
  config.position_buckets = keys.integer("position_buckets", -1);
  config.max_relative_positions = keys.integer("max_relative_positions", -1);
  const auto terms = keys.words("pos_att_type");
  only(keys, "pos_att_type", terms, {"c2p", "p2c", "none"});
  config.c2p = holds(terms, "c2p");
  config.p2c = holds(terms, "p2c");
  const auto norms = keys.words("norm_rel_ebd");
  only(keys, "norm_rel_ebd", norms, {"layer_norm", "none"});
  config.norm_relative_table = holds(norms, "layer_norm");
  if (config.position_buckets > kMaxSpan) keys.wrong("position_buckets", "is too large");
  if (config.max_relative_positions > kMaxSpan) keys.wrong("max_relative_positions", "is too large");
  // The logarithm's base is (M'-1)/m: it must exceed 1 for the buckets to exist.
  if (config.log_buckets() &&
      (config.position_buckets < 4 || config.max_relative_positions - 1 <= config.position_buckets / 2)) {
    keys.wrong("max_relative_positions", "must exceed position_buckets / 2 + 1, with at least 4 buckets");
  }
}

void read_conv(Keys& keys, DebertaConfig& config) {
  config.conv_kernel = keys.count("conv_kernel_size", kMaxKernel, 0);
  config.conv_groups = keys.size("conv_groups", kMaxWidth, 1);
  config.conv_act = activation(keys, "conv_act", "tanh");
  if (config.use_conv() && config.conv_kernel % 2 == 0) keys.wrong("conv_kernel_size", "must be odd");
  if (config.hidden % config.conv_groups != 0) keys.wrong("conv_groups", "must divide hidden_size");
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

int64_t DebertaConfig::span() const {
  if (position_buckets > 0) return position_buckets;
  return max_relative_positions >= 1 ? max_relative_positions : max_position_embeddings;
}

float DebertaConfig::score_scale() const {
  const int terms = 1 + (c2p ? 1 : 0) + (p2c ? 1 : 0);
  return 1.0F / std::sqrt(static_cast<float>(head_dim() * terms));
}

Result<DebertaConfig> parse_deberta_config(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return fail(ErrorCode::corrupt_checkpoint, "config: not a JSON object");
  Keys keys(json);
  DebertaConfig config;
  read_sizes(keys, config);
  read_relative(keys, config);
  read_conv(keys, config);
  if (keys.error()) return Unexpected(*keys.error());
  return config;
}

Result<DebertaConfig> read_deberta_config(const std::filesystem::path& file) {
  return read_config_file(file).and_then(parse_deberta_config).map_error([&](Error error) {
    error.where = file.string();
    return error;
  });
}

}  // namespace uie::model
