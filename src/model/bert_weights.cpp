#include "model/bert_weights.h"

#include <charconv>
#include <string>
#include <string_view>

#include "model/config_keys.h"
#include "model/tensor_source.h"
#include "uie/base/log.h"

namespace uie::model {
namespace {

constexpr std::string_view kLayers = "plm.encoder.layer.", kUpper = "crossattention.layer.";

// Layers whose names start so: the highest number and one, so that a gap among them is missed tensor by tensor.
int64_t count_layers(const TensorSource& source, std::string_view prefix) {
  int64_t count = 0;
  for (auto entry = source.names().lower_bound(std::string(prefix)); entry != source.names().end(); ++entry) {
    const std::string& name = entry->first;
    if (!name.starts_with(prefix)) break;
    int64_t number = -1;
    const char* const end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + prefix.size(), end, number);
    const bool plausible = parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == '.' && number < kMaxLayers;
    if (plausible && number >= count) count = number + 1;
  }
  return count;
}

LayerWeights read_layer(const BertConfig& config, TensorSource& source, const std::string& at) {
  const std::string self = at + "attention.self.";
  const int64_t hidden = config.hidden;
  const TensorSource::Shape square = {hidden, hidden};
  LayerWeights layer;
  layer.query = source.linear(self + "query", square);
  layer.key = source.linear(self + "key", square);
  layer.value = source.linear(self + "value", square);
  layer.attention_output = source.linear(at + "attention.output.dense", square);
  layer.attention_norm = source.norm(at + "attention.output.LayerNorm", hidden);
  layer.intermediate = source.linear(at + "intermediate.dense", {config.intermediate, hidden});
  layer.output = source.linear(at + "output.dense", {hidden, config.intermediate});
  layer.output_norm = source.norm(at + "output.LayerNorm", hidden);
  return layer;
}

// [begin, begin + count) of the layers that a prefix numbers.
std::vector<LayerWeights> read_layers(const BertConfig& config, TensorSource& source, std::string_view prefix,
                                      int64_t begin, int64_t count) {
  std::vector<LayerWeights> layers;
  for (int64_t number = begin; number < begin + count; ++number) {
    layers.push_back(read_layer(config, source, std::string(prefix) + std::to_string(number) + "."));
  }
  return layers;
}

// `cross`: the upper layers under a name of their own. `plain`: the last six of one row.
void read_all_layers(const BertConfig& config, TensorSource& source, BertWeights& weights) {
  const int64_t numbered = count_layers(source, kLayers), named_upper = count_layers(source, kUpper);
  const bool cross = named_upper > 0 || numbered == 0;
  const int64_t lower = cross ? numbered : numbered - kUpperLayers;
  if (lower < 0) {
    return source.complain("there are " + std::to_string(numbered) + " layers in all, the upper stack alone has " +
                           std::to_string(kUpperLayers));
  }
  weights.lower = read_layers(config, source, kLayers, 0, lower);
  weights.upper = read_layers(config, source, cross ? kUpper : kLayers, cross ? 0 : lower, kUpperLayers);
  if (config.stated_layers != 0 && config.stated_layers != lower && config.stated_layers != lower + kUpperLayers) {
    log_warn("the config says num_hidden_layers " + std::to_string(config.stated_layers) + ", the checkpoint holds " +
             std::to_string(lower + kUpperLayers) + " layers; those of the checkpoint are used");
  }
}

}  // namespace

size_t BertWeights::parameters() const {
  size_t sum = word_embeddings.size() + position_embeddings.size() + token_type_embeddings.size() +
               count(embedding_norm) + count(head) + count(tail);
  for (const auto* layers : {&lower, &upper}) {
    for (const LayerWeights& layer : *layers) sum += count(layer);
  }
  return sum;
}

Result<BertWeights> read_bert_weights(const BertConfig& config, const checkpoint::Reader& reader) {
  TensorSource source(reader);
  BertWeights weights;
  const std::string embeddings = "plm.embeddings.";
  const int64_t hidden = config.hidden;
  weights.word_embeddings = source.take(embeddings + "word_embeddings.weight", {config.vocab_size, hidden});
  weights.position_embeddings =
      source.take(embeddings + "position_embeddings.weight", {config.max_position_embeddings, hidden});
  weights.token_type_embeddings =
      source.take(embeddings + "token_type_embeddings.weight", {config.type_vocab_size, hidden});
  weights.embedding_norm = source.norm(embeddings + "LayerNorm", hidden);
  read_all_layers(config, source, weights);
  weights.head = source.linear("head_clsf", {1, hidden});
  weights.tail = source.linear("tail_clsf", {1, hidden});
  for (const char* name : {"plm.embeddings.position_ids", "plm.pooler.dense.weight", "plm.pooler.dense.bias"}) {
    source.ignore(name);  // published, and part of no result
  }
  if (!source.complaints().empty()) return fail(ErrorCode::corrupt_checkpoint, source.complaints());
  source.log_unused();
  return weights;
}

}  // namespace uie::model
