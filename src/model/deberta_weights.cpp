#include "model/deberta_weights.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "uie/base/log.h"

namespace uie::model {
namespace {

using Shape = std::vector<int64_t>;

// The reference adds four special tokens behind the vocabulary: [PREFIX] [TYPE] [CLASSIFY] [MULTICLASSIFY].
constexpr int64_t kAddedTokens = 4;

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (const int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

// A longer first dimension is fine where only the first rows are used.
enum class Rows { exact, at_least };

bool fits(const Shape& have, const Shape& want, Rows rows) {
  if (rows == Rows::exact || have.empty()) return have == want;
  return have.size() == want.size() && have[0] >= want[0] && std::equal(have.begin() + 1, have.end(), want.begin() + 1);
}

// Takes tensors by name and collects complaints, so that one error can name them all.
class Source {
 public:
  explicit Source(const checkpoint::Reader& reader) : reader_(reader) {
    for (const std::string& name : reader.model_names()) unused_.insert(name);
  }

  std::vector<float> take(const std::string& name, const Shape& shape, Rows rows = Rows::exact) {
    unused_.erase(name);
    if (!reader_.contains(name)) return complain(name + " is missing");
    const auto view = reader_.tensor(name);
    if (!view) return complain(name + ": " + view.error().message);
    if (!fits(view->shape, shape, rows)) {
      return complain(name + " has shape " + to_string(view->shape) + ", not " + to_string(shape) +
                      (rows == Rows::at_least ? " or more rows" : ""));
    }
    auto numbers = reader_.floats(name);
    if (!numbers) return complain(name + ": " + numbers.error().message);
    return std::move(*numbers);
  }

  LinearWeights linear(const std::string& name, const Shape& weight) {
    return {take(name + ".weight", weight), take(name + ".bias", {weight[0]})};
  }

  NormWeights norm(const std::string& name, int64_t hidden) {
    return {take(name + ".weight", {hidden}), take(name + ".bias", {hidden})};
  }

  const std::string& complaints() const { return complaints_; }

  void log_unused() const {
    if (unused_.empty()) return;
    std::string line = "tensors that the model does not use (" + std::to_string(unused_.size()) + "):";
    for (const std::string& name : unused_) line += " " + name;
    log_info(line);
  }

 private:
  std::vector<float> complain(const std::string& what) {
    complaints_ += (complaints_.empty() ? "" : "; ") + what;
    return {};
  }

  const checkpoint::Reader& reader_;
  std::set<std::string> unused_;
  std::string complaints_;
};

void read_embeddings(const DebertaConfig& config, Source& source, DebertaWeights& weights) {
  const std::string at = "plm.embeddings.";
  const int64_t hidden = config.hidden, width = config.embedding_size;
  weights.word_embeddings =
      source.take(at + "word_embeddings.weight", {config.vocab_size + kAddedTokens, width}, Rows::at_least);
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

DebertaLayerWeights read_layer(const DebertaConfig& config, Source& source, int64_t number) {
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

void read_shared(const DebertaConfig& config, Source& source, DebertaWeights& weights) {
  const std::string at = "plm.encoder.";
  const int64_t hidden = config.hidden;
  if (config.relative_attention) {
    const int64_t rows = 2 * config.span();
    weights.relative_table = source.take(at + "rel_embeddings.weight", {rows, hidden}, Rows::at_least);
    if (!weights.relative_table.empty()) weights.relative_table.resize(static_cast<size_t>(rows * hidden));
  }
  if (config.relative_attention && config.norm_relative_table)
    weights.relative_norm = source.norm(at + "LayerNorm", hidden);
  if (config.use_conv()) {
    weights.conv = source.linear(at + "conv.conv", {hidden, hidden / config.conv_groups, config.conv_kernel});
    weights.conv_norm = source.norm(at + "conv.LayerNorm", hidden);
  }
}

void read_link_head(const DebertaConfig& config, Source& source, DebertaWeights& weights) {
  const Shape square = {config.hidden, config.hidden};
  weights.link_query = source.linear("ffnq", square);
  weights.link_key = source.linear("ffnk", square);
  weights.rotary_freqs = source.take("rotary_emb.freqs", {config.hidden / 2});
}

size_t count(const LinearWeights& linear) { return linear.weight.size() + linear.bias.size(); }
size_t count(const NormWeights& norm) { return norm.weight.size() + norm.bias.size(); }
size_t count(const DebertaLayerWeights& layer) {
  return count(layer.query) + count(layer.key) + count(layer.value) + count(layer.pos_key) + count(layer.pos_query) +
         count(layer.attention_output) + count(layer.attention_norm) + count(layer.intermediate) + count(layer.output) +
         count(layer.output_norm);
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
  Source source(reader);
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
