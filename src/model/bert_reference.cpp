#include "model/bert_reference.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "model/torch_compat.h"
#include "model/torch_parts.h"

namespace uie::model {
namespace {

using at::Tensor;

}  // namespace

struct BertReference::Network {
  BertConfig config;
  Tensor words, positions, types;
  Norm embedding_norm;
  std::vector<EncoderLayer> lower, upper;
  Linear head, tail;
  size_t bytes;

  LowerHalfCounts counts;
  std::vector<int32_t> last_text;
  Tensor last_states;

  Network(const BertConfig& from, const BertWeights& weights)
      : config(from), bytes(weights.parameters() * sizeof(float)) {
    words = tensor(weights.word_embeddings, {config.vocab_size, config.hidden});
    positions = tensor(weights.position_embeddings, {config.max_position_embeddings, config.hidden});
    types = tensor(weights.token_type_embeddings, {config.type_vocab_size, config.hidden});
    embedding_norm = Norm(weights.embedding_norm, config.layer_norm_eps);
    for (const LayerWeights& layer : weights.lower) lower.emplace_back(layer, config.layer_norm_eps);
    for (const LayerWeights& layer : weights.upper) upper.emplace_back(layer, config.layer_norm_eps);
    head = Linear(weights.head);
    tail = Linear(weights.tail);
  }

  Tensor split_heads(const Tensor& x) const {  // [n, H] → [heads, n, head_dim]
    return x.view({x.size(0), config.heads, config.head_dim()}).transpose(0, 1);
  }

  Tensor run_layer(const EncoderLayer& layer, const Tensor& x) const {
    const Tensor q = split_heads(layer.query(x)), k = split_heads(layer.key(x)), v = split_heads(layer.value(x));
    const Tensor weights = at::softmax(at::matmul(q, k.transpose(1, 2)) * config.score_scale(), -1);
    const Tensor context = at::matmul(weights, v).transpose(0, 1).flatten(1);  // [L, H]
    const Tensor attended = layer.attention_norm(layer.attention_output(context) + x);
    const Tensor inner = activate(config.hidden_act, layer.intermediate(attended));
    return layer.output_norm(layer.output(inner) + attended);
  }

  // [L, H]
  Tensor run_lower(const std::vector<int32_t>& ids, int64_t type, int64_t position) const {
    const auto length = static_cast<int64_t>(ids.size());
    Tensor x = at::embedding(words, indexes(ids)) + types[type] + positions.narrow(0, position, length);
    x = embedding_norm(x);
    for (const EncoderLayer& layer : lower) x = run_layer(layer, x);
    return x;
  }

  Tensor text_states(const std::vector<int32_t>& ids) {
    if (last_states.defined() && ids == last_text) return ++counts.text_reuses, last_states;
    ++counts.text_passes;
    last_states = run_lower(ids, 0, 0);
    last_text = ids;
    return last_states;
  }

  PointerScores run(const PointerQuery& query) {
    const Tensor text = text_states(query.text_ids);
    ++counts.hint_passes;
    Tensor x = at::cat({text, run_lower(query.hint_ids, 1, query.hint_position)});
    for (const EncoderLayer& layer : upper) x = run_layer(layer, x);
    x = x.narrow(0, 0, text.size(0));
    return {numbers(head(x)), numbers(tail(x))};
  }
};

BertReference::BertReference(const BertConfig& config, const BertWeights& weights, int threads)
    : network_(std::make_unique<Network>(config, weights)) {
  set_torch_threads(threads);
}

BertReference::~BertReference() = default;

size_t BertReference::weight_bytes() const { return network_->bytes; }

LowerHalfCounts BertReference::lower_half() const { return network_->counts; }

std::vector<PointerScores> BertReference::run(std::span<const PointerQuery* const> batch) {
  const c10::InferenceMode no_gradients;
  std::vector<PointerScores> scores;
  scores.reserve(batch.size());
  for (const PointerQuery* query : batch) scores.push_back(network_->run(*query));
  return scores;
}

}  // namespace uie::model
