#include "model/deberta_reference.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <limits>

#include "model/link_decode.h"
#include "model/relative_positions.h"
#include "model/torch_compat.h"
#include "model/torch_parts.h"

namespace uie::model {
namespace {

using at::Tensor;

struct Layer : EncoderLayer {
  Linear pos_key, pos_query;

  // Without projections of their own, position terms reuse those of key and query, bias included.
  Layer(const DebertaLayerWeights& from, float eps)
      : EncoderLayer(from, eps),
        pos_key(from.pos_key.weight.empty() ? from.key : from.pos_key),
        pos_query(from.pos_query.weight.empty() ? from.query : from.pos_query) {}
};

// visible[i, j]: token i may look at token j (spec/rex.md §6). [L, L], bool.
Tensor visibility(const LinkQuery& query) {
  const Tensor groups = indexes(query.groups), slots = indexes(query.slots);
  const auto row = [](const Tensor& x) { return x.unsqueeze(1); };
  const auto col = [](const Tensor& x) { return x.unsqueeze(0); };
  const Tensor same_group = row(groups) == col(groups), same_slot = row(slots) == col(slots);
  const Tensor any_shared = (row(groups) == 0).logical_or(col(groups) == 0);
  const Tensor any_prefix = (row(slots) == 0).logical_or(col(slots) == 0);
  return any_shared.logical_or(same_group.logical_and(any_prefix.logical_or(same_slot)));
}

// Pair (x[2m], x[2m+1]) of token i turned by the angle position(i)·freqs[m]. x: [L, H].
Tensor rotate(const Tensor& x, const Tensor& positions, const Tensor& freqs) {
  const Tensor angles = positions.to(at::kFloat).unsqueeze(1) * freqs.unsqueeze(0);  // [L, H/2]
  const Tensor pairs = x.view({x.size(0), -1, 2});
  const Tensor even = pairs.select(2, 0), odd = pairs.select(2, 1);
  const Tensor cos = angles.cos(), sin = angles.sin();
  return at::stack({even * cos - odd * sin, odd * cos + even * sin}, 2).flatten(1);
}

}  // namespace

struct DebertaReference::Network {
  DebertaConfig config;
  RelativeRows relative_rows;
  Tensor words, positions, segments, embed_proj, relative_table, conv_weight, conv_bias, freqs;
  Norm embedding_norm, relative_norm, conv_norm;
  std::vector<Layer> layers;
  Linear link_query, link_key;
  size_t bytes;

  Network(const DebertaConfig& from, const DebertaWeights& weights)
      : config(from), relative_rows(from), bytes(weights.parameters() * sizeof(float)) {
    const int64_t hidden = config.hidden, width = config.embedding_size;
    const float eps = config.layer_norm_eps;
    words = tensor(weights.word_embeddings, {weights.vocab_rows, width});
    positions = tensor(weights.position_embeddings, {config.max_position_embeddings, width});
    segments = tensor(weights.token_type_embeddings, {config.type_vocab_size, width});
    embed_proj = tensor(weights.embed_proj, {hidden, width});
    relative_table = tensor(weights.relative_table, {2 * config.span(), hidden});
    conv_weight = tensor(weights.conv.weight, {hidden, hidden / config.conv_groups, config.conv_kernel});
    conv_bias = tensor(weights.conv.bias, {hidden});
    freqs = tensor(weights.rotary_freqs, {hidden / 2});
    embedding_norm = Norm(weights.embedding_norm, eps);
    relative_norm = Norm(weights.relative_norm, eps);
    conv_norm = Norm(weights.conv_norm, eps);
    for (const DebertaLayerWeights& layer : weights.layers) layers.emplace_back(layer, eps);
    link_query = Linear(weights.link_query);
    link_key = Linear(weights.link_key);
  }

  // [L, H]
  Tensor embed(const LinkQuery& query) const {
    Tensor x = at::embedding(words, indexes(query.ids));
    if (positions.defined()) x = x + at::embedding(positions, indexes(query.positions));
    if (segments.defined()) x = x + at::embedding(segments, indexes(query.segments));
    if (embed_proj.defined()) x = at::linear(x, embed_proj);
    return embedding_norm(x);
  }

  // r[i, j], the row of the relative table for δ = position(i) - position(j). [L, L], int64.
  Tensor relative_index(const LinkQuery& query) const {
    const auto length = static_cast<int64_t>(query.positions.size());
    Tensor index = at::empty({length, length}, at::kLong);
    auto* row = index.data_ptr<int64_t>();
    for (const int64_t i : query.positions) {
      for (const int64_t j : query.positions) *row++ = relative_rows.row(i - j);
    }
    return index;
  }

  Tensor split_heads(const Tensor& x) const {  // [n, H] → [heads, n, head_dim]
    return x.view({x.size(0), config.heads, config.head_dim()}).transpose(0, 1);
  }

  // softmax over visible j of (q_i·k_j + q_i·K_r + k_j·Q_r) / √(d f); invisible pairs weigh 0. [heads, L, L]
  Tensor attention_weights(const Layer& layer, const Tensor& q, const Tensor& k, const Tensor& table,
                           const Tensor& index, const Tensor& invisible) const {
    Tensor scores = at::matmul(q, k.transpose(1, 2));
    if (config.use_c2p()) {
      const Tensor all_rows = at::matmul(q, split_heads(layer.pos_key(table)).transpose(1, 2));  // [heads, L, 2S]
      scores = scores + all_rows.gather(2, index.expand_as(scores));
    }
    if (config.use_p2c()) {
      const Tensor all_rows = at::matmul(k, split_heads(layer.pos_query(table)).transpose(1, 2));
      scores = scores + all_rows.gather(2, index.t().expand_as(scores)).transpose(1, 2);
    }
    scores = (scores * config.score_scale()).masked_fill(invisible, std::numeric_limits<float>::lowest());
    return at::softmax(scores, -1).masked_fill(invisible, 0);
  }

  Tensor attend(const Layer& layer, const Tensor& x, const Tensor& table, const Tensor& index,
                const Tensor& invisible) const {
    const Tensor q = split_heads(layer.query(x)), k = split_heads(layer.key(x)), v = split_heads(layer.value(x));
    const Tensor context = at::matmul(attention_weights(layer, q, k, table, index, invisible), v);
    const Tensor merged = context.transpose(0, 1).flatten(1);  // [L, H]
    return layer.attention_norm(layer.attention_output(merged) + x);
  }

  Tensor feed_forward(const Layer& layer, const Tensor& x) const {
    return layer.output_norm(layer.output(activate(config.hidden_act, layer.intermediate(x))) + x);
  }

  // Runs over token order and ignores visibility: neighbouring labels do touch each other here.
  Tensor convolve(const Tensor& embedded, const Tensor& first_layer) const {
    const Tensor channels = embedded.t().unsqueeze(0);  // [1, H, L]
    const Tensor c =
        at::conv1d(channels, conv_weight, conv_bias, 1, (config.conv_kernel - 1) / 2, 1, config.conv_groups);
    return conv_norm(first_layer + activate(config.conv_act, c.squeeze(0).t()));
  }

  Tensor hidden(const LinkQuery& query) const {
    Tensor table, index;
    if (config.relative_attention) {
      table = config.norm_relative_table ? relative_norm(relative_table) : relative_table;
      index = relative_index(query);
    }
    const Tensor invisible = visibility(query).logical_not();
    const Tensor embedded = embed(query);
    Tensor x = embedded;
    for (size_t number = 0; number < layers.size(); ++number) {
      const Layer& layer = layers[number];
      x = feed_forward(layer, attend(layer, x, table, index, invisible));
      if (number == 0 && config.use_conv()) x = convolve(embedded, x);
    }
    return x;
  }

  Tensor links(const LinkQuery& query) const {
    const Tensor x = hidden(query), at_positions = indexes(query.positions);
    const Tensor q = rotate(link_query(x), at_positions, freqs), k = rotate(link_key(x), at_positions, freqs);
    return at::matmul(q, k.t());
  }
};

DebertaReference::DebertaReference(const DebertaConfig& config, const DebertaWeights& weights, int threads)
    : network_(std::make_unique<Network>(config, weights)) {
  set_torch_threads(threads);
}

DebertaReference::~DebertaReference() = default;

std::vector<float> DebertaReference::hidden(const LinkQuery& query) const {
  const c10::InferenceMode no_gradients;
  return numbers(network_->hidden(query));
}

std::vector<float> DebertaReference::link_matrix(const LinkQuery& query) const {
  const c10::InferenceMode no_gradients;
  return numbers(network_->links(query));
}

size_t DebertaReference::weight_bytes() const { return network_->bytes; }

std::vector<LinkHits> DebertaReference::run(std::span<const LinkQuery* const> batch) {
  std::vector<LinkHits> hits;
  hits.reserve(batch.size());
  for (const LinkQuery* query : batch) {
    hits.push_back(decode_links(link_matrix(*query), query->ids.size(), query->probes));
  }
  return hits;
}

}  // namespace uie::model
