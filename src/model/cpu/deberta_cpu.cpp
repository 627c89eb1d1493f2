#include "model/cpu/deberta_cpu.h"

#include <algorithm>
#include <numbers>

#include "model/cpu/convolution.h"

namespace uie::model::cpu {
namespace {

constexpr size_t kVector = 16;  // the widest; heads start at multiples

Post post_of(Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return Post::gelu;
    case Activation::relu:
      return Post::relu;
    case Activation::tanh:
      return Post::tanh;
  }
  return Post::none;
}

// The kernels' softmax counts in powers of two.
float score_scale(const DebertaConfig& config) { return config.score_scale() * std::numbers::log2e_v<float>; }

// Writes a projection's rows so that every head has `width` of them, the last ones zero.
void spread_heads(const LinearWeights& linear, const HeadShape& shape, size_t k, float scale, float* weight,
                  float* bias) {
  for (size_t row = 0; row < shape.heads * shape.dim; ++row) {
    const size_t to = row / shape.dim * shape.width + row % shape.dim;
    for (size_t i = 0; i < k; ++i) weight[to * k + i] = linear.weight[row * k + i] * scale;
    if (!linear.bias.empty()) bias[to] = linear.bias[row] * scale;
  }
}

}  // namespace

bool has_bf16(Isa isa) { return kernels_for(isa).gemm_bf16 != nullptr; }

DebertaCpu::DebertaCpu(const DebertaConfig& config, DebertaWeights weights, const CpuOptions& options)
    : config_(config),
      isa_(options.isa.value_or(best_isa())),
      dtype_(has_bf16(isa_) ? options.dtype : Dtype::fp32),
      kernels_(kernels_for(isa_)),
      pool_(std::make_unique<ThreadPool>(options.threads, options.pin_to)),
      chunk_tokens_(options.chunk_tokens),
      hidden_(static_cast<size_t>(config.hidden)),
      hidden_ld_(padded(hidden_)),
      wide_ld_(padded(
          std::max(static_cast<size_t>(config.intermediate), static_cast<size_t>(config.conv_kernel) * hidden_))),
      heads_{static_cast<size_t>(config.heads), static_cast<size_t>(config.head_dim()),
             round_up(static_cast<size_t>(config.head_dim()), kVector)} {
  tables_ = {static_cast<size_t>(config.embedding_size), std::move(weights.word_embeddings),
             std::move(weights.position_embeddings), std::move(weights.token_type_embeddings)};
  if (!weights.embed_proj.empty())
    embed_projection_ = PackedMatrix(kernels_, Dtype::fp32, weights.embed_proj, hidden_, tables_.width, {});
  embedding_norm_ = pad(weights.embedding_norm);
  if (config.use_conv()) {
    convolution_ = pack_convolution(kernels_, dtype_, config, weights.conv);
    convolution_norm_ = pad(weights.conv_norm);
  }
  const RelativeRows rows(config);
  const AlignedBuffer<float> relative = relative_embeddings(machine(), config, weights);
  for (DebertaLayerWeights& layer : weights.layers) {
    layers_.push_back(pack_layer(layer, rows, relative));
    layer = {};
  }
  link_head_ = std::make_unique<LinkHead>(kernels_, weights, hidden_);
  work_.scratch.resize(pool_->size());
}

PackedMatrix DebertaCpu::pack(std::span<const float> weight, size_t columns, size_t k,
                              std::span<const float> bias) const {
  return PackedMatrix(kernels_, dtype_, weight, columns, k, bias);
}

PackedMatrix DebertaCpu::pack_qkv(const DebertaLayerWeights& layer) const {
  const size_t all = heads_.heads * heads_.width;
  std::vector<float> weight(3 * all * hidden_), bias(3 * all);
  spread_heads(layer.query, heads_, hidden_, score_scale(config_), weight.data(), bias.data());
  spread_heads(layer.key, heads_, hidden_, 1.0F, weight.data() + all * hidden_, bias.data() + all);
  spread_heads(layer.value, heads_, hidden_, 1.0F, weight.data() + 2 * all * hidden_, bias.data() + 2 * all);
  return pack(weight, 3 * all, hidden_, bias);
}

// Its input has the heads' padding in it: zero columns there.
PackedMatrix DebertaCpu::pack_attention_output(const LinearWeights& linear) const {
  const size_t all = heads_.heads * heads_.width;
  std::vector<float> weight(hidden_ * all);
  for (size_t out = 0; out < hidden_; ++out) {
    for (size_t i = 0; i < hidden_; ++i) {
      weight[out * all + i / heads_.dim * heads_.width + i % heads_.dim] = linear.weight[out * hidden_ + i];
    }
  }
  return pack(weight, hidden_, all, linear.bias);
}

DebertaCpu::Layer DebertaCpu::pack_layer(const DebertaLayerWeights& layer, const RelativeRows& rows,
                                         const AlignedBuffer<float>& relative) const {
  const size_t inner = static_cast<size_t>(config_.intermediate);
  Layer packed;
  packed.qkv = pack_qkv(layer);
  packed.attention_output = pack_attention_output(layer.attention_output);
  packed.attention_norm = pad(layer.attention_norm);
  packed.intermediate = pack(layer.intermediate.weight, inner, hidden_, layer.intermediate.bias);
  packed.output = pack(layer.output.weight, hidden_, inner, layer.output.bias);
  packed.output_norm = pad(layer.output_norm);
  packed.relative = fold_relative_table(machine(), config_, rows, relative, layer, score_scale(config_));
  return packed;
}

DebertaCpu::Norm DebertaCpu::pad(const NormWeights& norm) const {
  Norm padded_norm{AlignedBuffer<float>(hidden_ld_), AlignedBuffer<float>(hidden_ld_)};
  std::copy(norm.weight.begin(), norm.weight.end(), padded_norm.weight.data());
  std::copy(norm.bias.begin(), norm.bias.end(), padded_norm.bias.data());
  return padded_norm;
}

NormView DebertaCpu::view(const Norm& norm) const {
  return {norm.weight.data(), norm.bias.data(), config_.layer_norm_eps, hidden_};
}

size_t DebertaCpu::weight_bytes() const {
  size_t bytes = tables_.bytes() + link_head_->bytes();
  if (embed_projection_) bytes += embed_projection_->bytes();
  if (convolution_) bytes += convolution_->bytes();
  for (const Layer& layer : layers_) {
    bytes += layer.qkv.bytes() + layer.attention_output.bytes() + layer.intermediate.bytes() + layer.output.bytes() +
             layer.relative.bytes();
  }
  return bytes;
}

void DebertaCpu::reserve(size_t tokens) {
  const size_t all = padded(heads_.heads * heads_.width);
  work_.x.reserve(tokens * hidden_ld_);
  work_.y.reserve(tokens * std::max(hidden_ld_, padded(tables_.width)));
  work_.qkv.reserve(tokens * padded(3 * heads_.heads * heads_.width));
  if (convolution_) work_.conv.reserve(tokens * hidden_ld_);
  if (bf16()) {
    work_.x16.reserve(tokens * hidden_ld_);
    work_.context16.reserve(tokens * all);
    work_.wide16.reserve(tokens * wide_ld_);
  } else {
    work_.context.reserve(tokens * all);
    work_.wide.reserve(tokens * wide_ld_);
  }
}

// The chunk in batch_, from tokens to the last hidden states in work_.x.
void DebertaCpu::encode() {
  reserve(batch_.tokens());
  items_ = attention_items(batch_, heads_, pool_->size());
  embed();
  if (convolution_) convolve();
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    run_layer(layers_[layer]);
    if (layer == 0 && convolution_) mix_convolution();
  }
}

void DebertaCpu::embed() {
  const Rows looked_up{work_.y.data(), nullptr, padded(tables_.width)};
  look_up(machine(), tables_, batch_, looked_up);
  if (!embed_projection_) {
    layer_norm(machine(), looked_up.floats, nullptr, x(), batch_.tokens(), view(embedding_norm_));
    return;
  }
  LinearTask task;
  task.matrix = &*embed_projection_;
  task.input = looked_up;
  task.rows = batch_.tokens();
  task.output = x();
  multiply_and_norm(machine(), task, view(embedding_norm_));
}

// conv := act(Conv1d(embedding output)), before layer 0 overwrites it.
void DebertaCpu::convolve() {
  const size_t taps = static_cast<size_t>(config_.conv_kernel);
  const Rows neighbours{work_.wide.data(), bf16() ? work_.wide16.data() : nullptr, padded(taps * hidden_)};
  gather_neighbours(machine(), batch_, hidden_, taps, x(), neighbours);
  LinearTask task;
  task.matrix = &*convolution_;
  task.input = neighbours;
  task.rows = batch_.tokens();
  task.output = {work_.conv.data(), nullptr, hidden_ld_};
  task.post = post_of(config_.conv_act);
  multiply(machine(), task);
}

void DebertaCpu::mix_convolution() {
  layer_norm(machine(), work_.x.data(), work_.conv.data(), x(), batch_.tokens(), view(convolution_norm_));
}

void DebertaCpu::run_layer(const Layer& layer) {
  attend(layer);
  feed_forward(layer);
}

void DebertaCpu::attend(const Layer& layer) {
  const size_t all = heads_.heads * heads_.width;
  LinearTask project;
  project.matrix = &layer.qkv;
  project.input = x();
  project.rows = batch_.tokens();
  project.output = {work_.qkv.data(), nullptr, padded(3 * all)};
  multiply(machine(), project);

  const Rows context{work_.context.data(), bf16() ? work_.context16.data() : nullptr, padded(all)};
  cpu::attend(machine(), batch_, items_, heads_, layer.relative, project.output, context, work_.scratch);

  LinearTask output;
  output.matrix = &layer.attention_output;
  output.input = context;
  output.rows = batch_.tokens();
  output.output = x();
  output.residual = work_.x.data();
  multiply_and_norm(machine(), output, view(layer.attention_norm));
}

void DebertaCpu::feed_forward(const Layer& layer) {
  LinearTask inner;
  inner.matrix = &layer.intermediate;
  inner.input = x();
  inner.rows = batch_.tokens();
  inner.output = {work_.wide.data(), bf16() ? work_.wide16.data() : nullptr,
                  padded(static_cast<size_t>(config_.intermediate))};
  inner.post = post_of(config_.hidden_act);
  multiply(machine(), inner);

  LinearTask output;
  output.matrix = &layer.output;
  output.input = inner.output;
  output.rows = batch_.tokens();
  output.output = x();
  output.residual = work_.x.data();
  multiply_and_norm(machine(), output, view(layer.output_norm));
}

std::vector<LinkHits> DebertaCpu::run(std::span<const LinkQuery* const> batch) {
  std::vector<LinkHits> hits(batch.size());
  for (size_t begin = 0; begin < batch.size();) {
    size_t end = begin, tokens = 0;
    while (end < batch.size() && (end == begin || tokens + batch[end]->ids.size() <= chunk_tokens_)) {
      tokens += batch[end++]->ids.size();
    }
    const auto chunk = batch.subspan(begin, end - begin);
    batch_.assign(chunk);
    encode();
    link_head_->run(machine(), batch_, chunk, x(), std::span(hits).subspan(begin, end - begin));
    begin = end;
  }
  return hits;
}

DebertaCpu::Inspection DebertaCpu::inspect(const LinkQuery& query) {
  const LinkQuery* const queries[] = {&query};
  batch_.assign(queries);
  encode();
  Inspection inspection;
  for (size_t token = 0; token < batch_.tokens(); ++token) {
    const float* row = work_.x.data() + token * hidden_ld_;
    inspection.hidden.insert(inspection.hidden.end(), row, row + hidden_);
  }
  inspection.links = link_head_->matrix(machine(), batch_, x());
  return inspection;
}

}  // namespace uie::model::cpu
