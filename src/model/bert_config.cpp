#include "model/bert_config.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "model/config_file.h"
#include "model/config_keys.h"

namespace uie::model {

float BertConfig::score_scale() const { return 1.0F / std::sqrt(static_cast<float>(head_dim())); }

Result<BertConfig> parse_bert_config(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return fail(ErrorCode::corrupt_checkpoint, "config: not a JSON object");
  ConfigKeys keys(json);
  BertConfig config;
  config.vocab_size = keys.size("vocab_size", kMaxRows);
  config.hidden = keys.size("hidden_size", kMaxWidth);
  config.heads = keys.size("num_attention_heads", kMaxWidth);
  config.intermediate = keys.size("intermediate_size", kMaxWidth);
  config.max_position_embeddings = keys.size("max_position_embeddings", kMaxSpan, 512);
  config.type_vocab_size = keys.size("type_vocab_size", kMaxRows, 2);
  config.hidden_act = keys.activation("hidden_act", "gelu");
  config.layer_norm_eps = keys.positive("layer_norm_eps", 1e-12F);
  config.stated_layers = keys.count("num_hidden_layers", kMaxLayers, 0);
  if (config.hidden % config.heads != 0) keys.wrong("num_attention_heads", "must divide hidden_size");
  if (config.type_vocab_size < 2)
    keys.wrong("type_vocab_size", "must be at least 2: one type for text, one for prompts");
  if (keys.text("position_embedding_type", "absolute") != "absolute") {
    keys.unsupported("position_embedding_type", "other than absolute is not supported");
  }
  if (keys.error()) return Unexpected(*keys.error());
  return config;
}

Result<BertConfig> read_bert_config(const std::filesystem::path& file) {
  return read_config_file(file).and_then(parse_bert_config).map_error([&](Error error) {
    error.where = file.string();
    return error;
  });
}

}  // namespace uie::model
