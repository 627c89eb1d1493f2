#include "model/deberta_weights.h"

#include <string>

#include "model/tensor_source.h"

namespace uie::model {
namespace {

using Shape = std::vector<int64_t>;

// The reference adds four special tokens behind the vocabulary: [PREFIX] [TYPE] [CLASSIFY] [MULTICLASSIFY].
constexpr int64_t kAddedTokens = 4;

void read_embeddings(const DebertaConfig& config, TensorSource& source, DebertaWeights& weights) {
  const std::string at = "plm.embeddings.";
  const int64_t hidden = config.hidden, width = config.embedding_size;
  weights.word_embeddings = source.take(at + "word_embeddings.weight", {config.vocab_size + kAddedTokens, width},
                                        TensorSource::Rows::at_least);
  weights.vocab_rows = static_cast<int64_t>(weights.word_embeddings.size()) / width;
  if (config.position_biased_input) {
    weights.position_embeddings =
        source.take(at + "position_embeddings.weight", {config.max_position_embeddings, width});
  }
  if (config.type_vocab_size > 0) {
    weights.token_type_embeddings = source.take(at + "token_type_embeddings.weight", {config.type_vocab_size, width});
  }
  if (width != hidden) weights.embed_proj = source.take(at + "embed_proj.weight", {hidden, width});
  weights.embedding_norm = source.norm(at + "LayerNorm", hidden);
}

DebertaLayerWeights read_layer(const DebertaConfig& config, TensorSource& source, int64_t number) {
  const std::string at = "plm.encoder.layer." + std::to_string(number) + ".";
  const std::string self = at + "attention.self.";
  const int64_t hidden = config.hidden;
  const Shape square = {hidden, hidden};
  DebertaLayerWeights layer;
  layer.query = source.linear(self + "query_proj", square);
  layer.key = source.linear(self + "key_proj", square);
  layer.value = source.linear(self + "value_proj", square);
  if (config.use_c2p() && !config.share_att_key) layer.pos_key = source.linear(self + "pos_key_proj", square);
  if (config.use_p2c() && !config.share_att_key) layer.pos_query = source.linear(self + "pos_query_proj", square);
  layer.attention_output = source.linear(at + "attention.output.dense", square);
  layer.attention_norm = source.norm(at + "attention.output.LayerNorm", hidden);
  layer.intermediate = source.linear(at + "intermediate.dense", {config.intermediate, hidden});
  layer.output = source.linear(at + "output.dense", {hidden, config.intermediate});
  layer.output_norm = source.norm(at + "output.LayerNorm", hidden);
  return layer;
}

void read_shared(const DebertaConfig& config, TensorSource& source, DebertaWeights& weights) {
  const std::string at = "plm.encoder.";
  const int64_t hidden = config.hidden;
  if (config.relative_attention) {
    const int64_t rows = 2 * config.span();
    weights.relative_table = source.take(at + "rel_embeddings.weight", {rows, hidden}, TensorSource::Rows::at_least);
    if (!weights.relative_table.empty()) weights.relative_table.resize(static_cast<size_t>(rows * hidden));
  }
  if (config.relative_attention && config.norm_relative_table)
    weights.relative_norm = source.norm(at + "LayerNorm", hidden);
  if (config.use_conv()) {
    weights.conv = source.linear(at + "conv.conv", {hidden, hidden / config.conv_groups, config.conv_kernel});
    weights.conv_norm = source.norm(at + "conv.LayerNorm", hidden);
  }
}

void read_link_head(const DebertaConfig& config, TensorSource& source, DebertaWeights& weights) {
  const Shape square = {config.hidden, config.hidden};
  weights.link_query = source.linear("ffnq", square);
  weights.link_key = source.linear("ffnk", square);
  weights.rotary_freqs = source.take("rotary_emb.freqs", {config.hidden / 2});
}

size_t count(const DebertaLayerWeights& layer) {
  return model::count(static_cast<const LayerWeights&>(layer)) + model::count(layer.pos_key) +
         model::count(layer.pos_query);
}

}  // namespace

size_t DebertaWeights::parameters() const {
  size_t sum = word_embeddings.size() + position_embeddings.size() + token_type_embeddings.size() + embed_proj.size() +
               count(embedding_norm) + relative_table.size() + count(relative_norm) + count(conv) + count(conv_norm) +
               count(link_query) + count(link_key) + rotary_freqs.size();
  for (const DebertaLayerWeights& layer : layers) sum += count(layer);
  return sum;
}

Result<DebertaWeights> read_deberta_weights(const DebertaConfig& config, const checkpoint::Reader& reader) {
  TensorSource source(reader);
  DebertaWeights weights;
  read_embeddings(config, source, weights);
  for (int64_t number = 0; number < config.layers; ++number) {
    weights.layers.push_back(read_layer(config, source, number));
  }
  read_shared(config, source, weights);
  read_link_head(config, source, weights);
  if (!source.complaints().empty()) return fail(ErrorCode::corrupt_checkpoint, source.complaints());
  source.log_unused();
  return weights;
}

}  // namespace uie::model
