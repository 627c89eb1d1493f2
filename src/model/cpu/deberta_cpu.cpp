#include "model/cpu/deberta_cpu.h"

#include <algorithm>

#include "model/cpu/convolution.h"

namespace uie::model::cpu {
namespace {

LayerShape layer_shape(const DebertaConfig& config, Dtype dtype) {
  LayerShape shape;
  shape.hidden = static_cast<size_t>(config.hidden);
  shape.intermediate = static_cast<size_t>(config.intermediate);
  shape.heads = head_shape(shape.hidden, static_cast<size_t>(config.heads));
  shape.activation = config.hidden_act;
  shape.norm_eps = config.layer_norm_eps;
  shape.score_scale = softmax_scale(config.score_scale());
  shape.dtype = dtype;
  return shape;
}

}  // namespace

DebertaCpu::DebertaCpu(const DebertaConfig& config, DebertaWeights weights, const CpuOptions& options)
    : config_(config),
      isa_(options.isa.value_or(best_isa())),
      dtype_(has_bf16(isa_) ? options.dtype : Dtype::fp32),
      kernels_(kernels_for(isa_)),
      pool_(std::make_unique<ThreadPool>(options.threads, options.pin_to)),
      chunk_tokens_(options.chunk_tokens),
      shape_(layer_shape(config, dtype_)) {
  tables_ = {static_cast<size_t>(config.embedding_size), std::move(weights.word_embeddings),
             std::move(weights.position_embeddings), std::move(weights.token_type_embeddings)};
  if (!weights.embed_proj.empty())
    embed_projection_ = PackedMatrix(kernels_, Dtype::fp32, weights.embed_proj, shape_.hidden, tables_.width, {});
  embedding_norm_ = PackedNorm(weights.embedding_norm, shape_.norm_eps);
  if (config.use_conv()) {
    convolution_ = pack_convolution(kernels_, dtype_, config, weights.conv);
    convolution_norm_ = PackedNorm(weights.conv_norm, shape_.norm_eps);
  }
  const RelativeRows rows(config);
  const AlignedBuffer<float> relative = relative_embeddings(machine(), config, weights);
  for (DebertaLayerWeights& layer : weights.layers) {
    layers_.push_back(pack_layer(kernels_, shape_, layer));
    layers_.back().relative = fold_relative_table(machine(), config, rows, relative, layer, shape_.score_scale);
    layer = {};
  }
  link_head_ = std::make_unique<LinkHead>(kernels_, weights, shape_.hidden);
  work_.scratch.resize(pool_->size());
}

size_t DebertaCpu::weight_bytes() const {
  size_t bytes = tables_.bytes() + link_head_->bytes();
  if (embed_projection_) bytes += embed_projection_->bytes();
  if (convolution_) bytes += convolution_->bytes();
  for (const EncoderLayer& layer : layers_) bytes += layer.bytes();
  return bytes;
}

void DebertaCpu::reserve(size_t tokens) {
  const size_t taps = convolution_ ? static_cast<size_t>(config_.conv_kernel) : 0;
  work_.reserve(shape_, tokens, taps * shape_.hidden, tables_.width);
  if (convolution_) convolved_.reserve(tokens * shape_.hidden_ld());
}

// The chunk in batch_, from tokens to the last hidden states in work_.x.
void DebertaCpu::encode() {
  reserve(batch_.tokens());
  items_ = attention_items(batch_, shape_.heads, pool_->size());
  embed();
  if (convolution_) convolve();
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    run_layer(machine(), shape_, layers_[layer], batch_, items_, work_);
    if (layer == 0 && convolution_) mix_convolution();
  }
}

void DebertaCpu::embed() {
  const Rows looked_up{work_.y.data(), nullptr, padded(tables_.width)};
  look_up(machine(), tables_, batch_, looked_up);
  if (!embed_projection_) {
    layer_norm(machine(), looked_up.floats, nullptr, x(), batch_.tokens(), embedding_norm_.view());
    return;
  }
  LinearTask task;
  task.matrix = &*embed_projection_;
  task.input = looked_up;
  task.rows = batch_.tokens();
  task.output = x();
  multiply_and_norm(machine(), task, embedding_norm_.view(), task.output);
}

// conv := act(Conv1d(embedding output)), before layer 0 overwrites it.
void DebertaCpu::convolve() {
  const size_t taps = static_cast<size_t>(config_.conv_kernel);
  const Rows neighbours{work_.wide.data(), shape_.bf16() ? work_.wide16.data() : nullptr, padded(taps * shape_.hidden)};
  gather_neighbours(machine(), batch_, shape_.hidden, taps, x(), neighbours);
  LinearTask task;
  task.matrix = &*convolution_;
  task.input = neighbours;
  task.rows = batch_.tokens();
  task.output = {convolved_.data(), nullptr, shape_.hidden_ld()};
  task.post = post_of(config_.conv_act);
  multiply(machine(), task);
}

void DebertaCpu::mix_convolution() {
  layer_norm(machine(), work_.x.data(), convolved_.data(), x(), batch_.tokens(), convolution_norm_.view());
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
    const float* row = work_.x.data() + token * shape_.hidden_ld();
    inspection.hidden.insert(inspection.hidden.end(), row, row + shape_.hidden);
  }
  inspection.links = link_head_->matrix(machine(), batch_, x());
  return inspection;
}

}  // namespace uie::model::cpu
