// DebertaGpu at load: weights into the device's type and order.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/gpu/deberta_gpu.h"

namespace uie::model::gpu {

using namespace uie::gpu;

namespace {

// Rows [out, in] of all heads with room for kHeadWidth rows a head.
void spread_rows(const std::vector<float>& from, size_t heads, size_t in, float scale, std::vector<float>& to) {
  const size_t dim = from.size() / in / heads;
  for (size_t head = 0; head < heads; ++head) {
    for (size_t row = 0; row < kHeadWidth; ++row) {
      for (size_t i = 0; i < in; ++i) to.push_back(row < dim ? from[(head * dim + row) * in + i] * scale : 0);
    }
  }
}

void append_heads(const LinearWeights& from, size_t heads, size_t hidden, float scale, LinearWeights& to) {
  spread_rows(from.weight, heads, hidden, scale, to.weight);
  spread_rows(from.bias.empty() ? std::vector<float>(hidden) : from.bias, heads, 1, scale, to.bias);
}

// The same of columns: [out, heads * dim] → [out, heads * kHeadWidth].
std::vector<float> spread_columns(const std::vector<float>& from, size_t heads, size_t out) {
  const size_t dim = from.size() / out / heads;
  std::vector<float> to;
  for (size_t row = 0; row < out * heads; ++row) {
    const auto begin = from.begin() + static_cast<ptrdiff_t>(row * dim);
    to.insert(to.end(), begin, begin + static_cast<ptrdiff_t>(dim));
    to.resize(to.size() + kHeadWidth - dim);
  }
  return to;
}

void normalise(std::vector<float>& rows, size_t columns, const NormWeights& norm, float eps) {
  for (size_t begin = 0; begin < rows.size(); begin += columns) {
    double mean = 0, squares = 0;
    for (size_t i = 0; i < columns; ++i) mean += rows[begin + i];
    mean /= static_cast<double>(columns);
    for (size_t i = 0; i < columns; ++i) squares += (rows[begin + i] - mean) * (rows[begin + i] - mean);
    const double scale = 1 / std::sqrt(squares / static_cast<double>(columns) + eps);
    for (size_t i = 0; i < columns; ++i) {
      rows[begin + i] = static_cast<float>((rows[begin + i] - mean) * scale) * norm.weight[i] + norm.bias[i];
    }
  }
}

// [H, H/groups, K] → [H, K * H], groups as zeros (see cpu/convolution.h).
std::vector<float> flatten_convolution(const DebertaConfig& config, const LinearWeights& conv) {
  const auto hidden = static_cast<size_t>(config.hidden), taps = static_cast<size_t>(config.conv_kernel);
  const size_t each = hidden / static_cast<size_t>(config.conv_groups);
  std::vector<float> flat(hidden * taps * hidden);
  for (size_t out = 0; out < hidden; ++out) {
    for (size_t i = 0; i < each; ++i) {
      const size_t in = out / each * each + i;
      for (size_t tap = 0; tap < taps; ++tap) {
        flat[out * taps * hidden + tap * hidden + in] = conv.weight[(out * each + i) * taps + tap];
      }
    }
  }
  return flat;
}

int enter(int device) {
  use_device(device);
  return device;
}

}  // namespace

std::string why_not_on_gpu(const DebertaConfig& config) {
  if (config.head_dim() > kHeadWidth) return "heads wider than 64";
  if (config.hidden % 8 != 0 || config.intermediate % 8 != 0) return "a size that is no multiple of 8";
  if (config.hidden > kMostColumns) return "a hidden size above 1,024";
  if (config.embedding_size != config.hidden) return "a projection of the embedding";
  return "";
}

DebertaGpu::DebertaGpu(const DebertaConfig& config, const DebertaWeights& weights, int64_t positions,
                       const GpuOptions& options)
    : config_(config),
      options_(options),
      relative_rows_(config),
      scale_(config.score_scale() * std::numbers::log2e_v<float>),
      hidden_(static_cast<int>(config.hidden)),
      intermediate_(static_cast<int>(config.intermediate)),
      heads_(static_cast<int>(config.heads)),
      width_(heads_ * kHeadWidth),
      reach_(static_cast<int>(relative_rows_.reach())),
      device_(enter(options.device)),
      products_(options.number) {
  load(weights, positions);
  staging_ = {};
  reserve({options.max_tokens, options.max_tokens / kTile + 512, options.max_tokens});
}

void DebertaGpu::load(const DebertaWeights& weights, int64_t positions) {
  words_ = put_numbers(weights.word_embeddings);
  positions_ = put_numbers(weights.position_embeddings);
  segments_ = put_numbers(weights.token_type_embeddings);
  embedding_norm_ = put_norm(weights.embedding_norm);
  if (config_.use_conv()) {
    const LinearWeights flat{flatten_convolution(config_, weights.conv), weights.conv.bias};
    convolution_ = put_linear(flat, hidden_, static_cast<int>(config_.conv_kernel) * hidden_);
    convolution_norm_ = put_norm(weights.conv_norm);
  }
  const Memory relative = put_relative(weights);
  for (const DebertaLayerWeights& layer : weights.layers) layers_.push_back(load_layer(layer, relative));
  load_angles(weights, positions);
}

// The relative table as the model uses it: [2S, H].
Memory DebertaGpu::put_relative(const DebertaWeights& weights) {
  if (!config_.use_c2p() && !config_.use_p2c()) return {};
  const auto begin = weights.relative_table.begin();
  std::vector<float> relative(begin, begin + 2 * config_.span() * config_.hidden);
  if (config_.norm_relative_table)
    normalise(relative, static_cast<size_t>(hidden_), weights.relative_norm, config_.layer_norm_eps);
  return put_numbers(relative);
}

DebertaGpu::Layer DebertaGpu::load_layer(const DebertaLayerWeights& weights, const Memory& relative) {
  const auto hidden = static_cast<size_t>(hidden_), heads = static_cast<size_t>(heads_);
  Layer layer;
  LinearWeights qkv;
  append_heads(weights.query, heads, hidden, scale_, qkv);
  append_heads(weights.key, heads, hidden, 1, qkv);
  append_heads(weights.value, heads, hidden, 1, qkv);
  layer.qkv = put_linear(qkv, 3 * width_, hidden_);
  layer.attention_output =
      put_linear({spread_columns(weights.attention_output.weight, heads, hidden), {}}, hidden_, width_);
  layer.intermediate = put_linear(weights.intermediate, intermediate_, hidden_);
  layer.output = put_linear({weights.output.weight, {}}, hidden_, intermediate_);
  layer.attention_bias = put_floats(weights.attention_output.bias);
  layer.output_bias = put_floats(weights.output.bias);
  layer.attention_norm = put_norm(weights.attention_norm);
  layer.output_norm = put_norm(weights.output_norm);
  if (config_.use_c2p()) {
    layer.key_table = config_.share_att_key ? fold_table(relative, layer.qkv, width_)
                                            : fold_table(relative, put_heads(weights.pos_key, 1), 0);
  }
  if (config_.use_p2c()) {
    layer.query_table = config_.share_att_key ? fold_table(relative, layer.qkv, 0)
                                              : fold_table(relative, put_heads(weights.pos_query, scale_), 0);
  }
  return layer;
}

// [H, H] with room for kHeadWidth rows a head.
DebertaGpu::Linear DebertaGpu::put_heads(const LinearWeights& weights, float scale) {
  LinearWeights spread;
  append_heads(weights, static_cast<size_t>(heads_), static_cast<size_t>(hidden_), scale, spread);
  return put_linear(spread, width_, hidden_);
}

// The relative table through width_ rows of a projection, from `first_row` on, then by head and distance.
Memory DebertaGpu::fold_table(const Memory& relative, const Linear& projection, int first_row) {
  const int rows = static_cast<int>(2 * config_.span()), distances = 2 * reach_ + 1;
  Memory projected(Memory::Place::device, sizeof(uint16_t) * static_cast<size_t>(rows) * static_cast<size_t>(width_));
  Product product;
  product.x = relative.as<uint16_t>();
  product.weights = projection.weight.as<uint16_t>() + static_cast<ptrdiff_t>(first_row) * hidden_;
  product.bias = projection.bias.as<uint16_t>() + first_row;
  product.y = projected.as<uint16_t>();
  product.rows = rows;
  product.columns = width_;
  product.k = hidden_;
  products_.run(product, queue_);
  std::vector<uint16_t> by_row(static_cast<size_t>(rows) * static_cast<size_t>(width_));
  queue_.copy_to_host(by_row.data(), projected.as<void>(), projected.bytes());
  queue_.wait();
  std::vector<uint16_t> table;
  for (int head = 0; head < heads_; ++head) {
    for (int at = 0; at < distances; ++at) {
      const auto from = by_row.begin() + static_cast<ptrdiff_t>(relative_rows_.row(at - reach_)) * width_;
      table.insert(table.end(), from + head * kHeadWidth, from + (head + 1) * kHeadWidth);
    }
  }
  Memory folded(Memory::Place::device, table.size() * sizeof(uint16_t));
  queue_.copy_to_device(folded.as<void>(), table.data(), folded.bytes());
  queue_.wait();
  weight_bytes_ += folded.bytes();
  return folded;
}

// The rows of a projection: first numbers of all rotary pairs, then the second ones.
void DebertaGpu::load_angles(const DebertaWeights& weights, int64_t positions) {
  const auto hidden = static_cast<size_t>(hidden_), half = hidden / 2;
  LinearWeights both;
  for (const LinearWeights* linear : {&weights.link_query, &weights.link_key}) {
    for (size_t i = 0; i < hidden; ++i) {
      const size_t row = i < half ? 2 * i : 2 * (i - half) + 1;
      const auto begin = linear->weight.begin() + static_cast<ptrdiff_t>(row * hidden);
      both.weight.insert(both.weight.end(), begin, begin + static_cast<ptrdiff_t>(hidden));
      both.bias.push_back(linear->bias.empty() ? 0 : linear->bias[row]);
    }
  }
  links_ = put_linear(both, 2 * hidden_, hidden_);
  std::vector<float> cosines, sines;
  for (int64_t position = 0; position < positions; ++position) {
    for (size_t i = 0; i < half; ++i) {
      const double angle = static_cast<float>(position) * weights.rotary_freqs[i];
      cosines.push_back(static_cast<float>(std::cos(angle)));
      sines.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  cosines_ = put_floats(cosines);
  sines_ = put_floats(sines);
}

// Rounded on the device, which does it at the speed of the copy.
Memory DebertaGpu::put_numbers(std::span<const float> from) {
  constexpr size_t kAtOnce = size_t{16} << 20;
  Memory numbers(Memory::Place::device, from.size() * sizeof(uint16_t));
  if (staging_.bytes() < std::min(from.size(), kAtOnce) * sizeof(float))
    staging_ = Memory(Memory::Place::device, std::min(from.size(), kAtOnce) * sizeof(float));
  for (size_t begin = 0; begin < from.size(); begin += kAtOnce) {
    const size_t count = std::min(kAtOnce, from.size() - begin);
    queue_.copy_to_device(staging_.as<void>(), from.data() + begin, count * sizeof(float));
    launch_narrow(options_.number, {staging_.as<float>(), numbers.as<uint16_t>() + begin, static_cast<int64_t>(count)},
                  queue_.stream());
    queue_.wait();
  }
  weight_bytes_ += numbers.bytes();
  return numbers;
}

Memory DebertaGpu::put_floats(std::span<const float> from) {
  Memory memory(Memory::Place::device, from.size() * sizeof(float));
  if (!from.empty()) {
    queue_.copy_to_device(memory.as<void>(), from.data(), memory.bytes());
    queue_.wait();
  }
  weight_bytes_ += memory.bytes();
  return memory;
}

DebertaGpu::Linear DebertaGpu::put_linear(const LinearWeights& weights, int columns, int k) {
  Linear linear;
  linear.weight = put_numbers(weights.weight);
  linear.bias = put_numbers(weights.bias);
  linear.columns = columns;
  linear.k = k;
  return linear;
}

DebertaGpu::Norm DebertaGpu::put_norm(const NormWeights& weights) {
  return {put_floats(weights.weight), put_floats(weights.bias)};
}

}  // namespace uie::model::gpu
