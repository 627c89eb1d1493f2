#include "model/deberta_config.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/config_file.h"
#include "model/config_keys.h"

namespace uie::model {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMaxKernel = 255;

bool holds(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void only(ConfigKeys& keys, const char* key, const std::vector<std::string>& words,
          std::initializer_list<std::string_view> known) {
  for (const std::string& word : words) {
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      keys.unsupported(key, "holds a term that is not supported: " + word);
    }
  }
}

void read_sizes(ConfigKeys& keys, DebertaConfig& config) {
  config.vocab_size = keys.size("vocab_size", kMaxRows);
  config.hidden = keys.size("hidden_size", kMaxWidth);
  config.embedding_size = keys.size("embedding_size", kMaxWidth, config.hidden);
  config.layers = keys.size("num_hidden_layers", kMaxLayers);
  config.heads = keys.size("num_attention_heads", kMaxWidth);
  config.intermediate = keys.size("intermediate_size", kMaxWidth);
  config.max_position_embeddings = keys.size("max_position_embeddings", kMaxSpan, 512);
  config.type_vocab_size = keys.count("type_vocab_size", kMaxRows, 0);
  config.hidden_act = keys.activation("hidden_act", "gelu");
  config.layer_norm_eps = keys.positive("layer_norm_eps", 1e-7F);
  config.position_biased_input = keys.flag("position_biased_input", true);
  if (config.hidden % config.heads != 0) keys.wrong("num_attention_heads", "must divide hidden_size");
  if (config.hidden % 2 != 0) keys.wrong("hidden_size", "must be even (the link head turns pairs)");
  if (keys.size("attention_head_size", kMaxWidth, config.head_dim()) != config.head_dim()) {
    keys.unsupported("attention_head_size", "other than hidden_size / num_attention_heads is not supported");
  }
}

void read_relative(ConfigKeys& keys, DebertaConfig& config) {
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

void read_conv(ConfigKeys& keys, DebertaConfig& config) {
  config.conv_kernel = keys.count("conv_kernel_size", kMaxKernel, 0);
  config.conv_groups = keys.size("conv_groups", kMaxWidth, 1);
  config.conv_act = keys.activation("conv_act", "tanh");
  if (config.use_conv() && config.conv_kernel % 2 == 0) keys.wrong("conv_kernel_size", "must be odd");
  if (config.hidden % config.conv_groups != 0) keys.wrong("conv_groups", "must divide hidden_size");
}

}  // namespace

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
  ConfigKeys keys(json);
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
