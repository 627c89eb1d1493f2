#include "bench/published_siamese.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "model/torch_compat.h"
#include "model/torch_parts.h"

namespace uie {
namespace {

using at::Tensor;
using model::indexes;

constexpr size_t kPortion = 8;
constexpr double kHidden = -10'000;  // added to the scores of padding

}  // namespace

struct PublishedSiamese::Network {
  model::BertConfig config;
  Tensor words, positions, types;
  model::Norm embedding_norm;
  std::vector<model::EncoderLayer> lower, upper;
  model::Linear head, tail;

  Network(const model::BertConfig& from, const model::BertWeights& weights) : config(from) {
    words = model::tensor(weights.word_embeddings, {config.vocab_size, config.hidden});
    positions = model::tensor(weights.position_embeddings, {config.max_position_embeddings, config.hidden});
    types = model::tensor(weights.token_type_embeddings, {config.type_vocab_size, config.hidden});
    embedding_norm = model::Norm(weights.embedding_norm, config.layer_norm_eps);
    for (const model::LayerWeights& layer : weights.lower) lower.emplace_back(layer, config.layer_norm_eps);
    for (const model::LayerWeights& layer : weights.upper) upper.emplace_back(layer, config.layer_norm_eps);
    head = model::Linear(weights.head);
    tail = model::Linear(weights.tail);
  }

  Tensor split_heads(const Tensor& x) const {  // [B, n, H] → [B, heads, n, head_dim]
    return x.view({x.size(0), x.size(1), config.heads, config.head_dim()}).transpose(1, 2);
  }

  Tensor run_layer(const model::EncoderLayer& layer, const Tensor& x, const Tensor& mask) const {
    const Tensor q = split_heads(layer.query(x)), k = split_heads(layer.key(x)), v = split_heads(layer.value(x));
    const Tensor scores = at::matmul(q, k.transpose(2, 3)) * config.score_scale() + mask;
    const Tensor context = at::matmul(at::softmax(scores, -1), v).transpose(1, 2).flatten(2);
    const Tensor attended = layer.attention_norm(layer.attention_output(context) + x);
    return layer.output_norm(layer.output(activate(config.hidden_act, layer.intermediate(attended))) + attended);
  }

  // ids, mask: [B, n]; additive masks are [B, 1, 1, n].
  Tensor run_lower(const Tensor& ids, const Tensor& mask, int64_t type, int64_t position) const {
    Tensor x = at::embedding(words, ids) + types[type] + positions.narrow(0, position, ids.size(1));
    x = embedding_norm(x);
    for (const model::EncoderLayer& layer : lower) x = run_layer(layer, x, mask);
    return x;
  }

  static Tensor additive(const Tensor& mask) { return ((1 - mask) * kHidden).unsqueeze(1).unsqueeze(1); }

  // Adds the scores of a portion of prompts.
  void ask(const Tensor& text, std::span<const PointerQuery* const> portion, std::vector<PointerScores>& scores) const {
    size_t longest = 0;
    for (const PointerQuery* query : portion) longest = std::max(longest, query->hint_ids.size());
    const auto prompts = static_cast<int64_t>(portion.size()), width = static_cast<int64_t>(longest);
    Tensor ids = at::zeros({prompts, width}, at::kLong), mask = at::zeros({prompts, width});
    for (int64_t i = 0; i < prompts; ++i) {
      const auto& hint = portion[static_cast<size_t>(i)]->hint_ids;
      ids[i].narrow(0, 0, static_cast<int64_t>(hint.size())).copy_(indexes(hint));
      mask[i].narrow(0, 0, static_cast<int64_t>(hint.size())).fill_(1);
    }
    const Tensor hints = run_lower(ids, additive(mask), 1, portion[0]->hint_position);
    Tensor x = at::cat({text.expand({prompts, -1, -1}), hints}, 1);
    const Tensor both = additive(at::cat({at::ones({prompts, text.size(1)}), mask}, 1));
    for (const model::EncoderLayer& layer : upper) x = run_layer(layer, x, both);
    x = x.narrow(1, 0, text.size(1));
    const Tensor heads = head(x), tails = tail(x);
    for (int64_t i = 0; i < prompts; ++i) scores.push_back({model::numbers(heads[i]), model::numbers(tails[i])});
  }
};

PublishedSiamese::PublishedSiamese(const model::BertConfig& config, const model::BertWeights& weights, int threads)
    : network_(std::make_unique<Network>(config, weights)) {
  model::set_torch_threads(threads);
}

PublishedSiamese::~PublishedSiamese() = default;

std::vector<PointerScores> PublishedSiamese::run(std::span<const PointerQuery* const> node) {
  const c10::InferenceMode no_gradients;
  const Tensor ids = indexes(node[0]->text_ids).unsqueeze(0);
  const Tensor text = network_->run_lower(ids, at::zeros({1, 1, 1, ids.size(1)}), 0, 0);
  std::vector<PointerScores> scores;
  for (size_t begin = 0; begin < node.size(); begin += kPortion)
    network_->ask(text, node.subspan(begin, std::min(kPortion, node.size() - begin)), scores);
  return scores;
}

}  // namespace uie
