#include "model/cpu/encoder_layer.h"

#include <algorithm>
#include <numbers>

#include "model/cpu/cpu_options.h"

namespace uie::model::cpu {
namespace {

constexpr size_t kVector = 16;  // the widest; heads start at multiples

// Writes a projection's rows so that every head has `width` of them, the last ones zero.
void spread_heads(const LinearWeights& linear, const HeadShape& shape, size_t k, float scale, float* weight,
                  float* bias) {
  for (size_t row = 0; row < shape.heads * shape.dim; ++row) {
    const size_t to = row / shape.dim * shape.width + row % shape.dim;
    for (size_t i = 0; i < k; ++i) weight[to * k + i] = linear.weight[row * k + i] * scale;
    if (!linear.bias.empty()) bias[to] = linear.bias[row] * scale;
  }
}

PackedMatrix pack_qkv(const Kernels& kernels, const LayerShape& shape, const LayerWeights& layer) {
  const size_t all = shape.heads.heads * shape.heads.width, hidden = shape.hidden;
  std::vector<float> weight(3 * all * hidden), bias(3 * all);
  spread_heads(layer.query, shape.heads, hidden, shape.score_scale, weight.data(), bias.data());
  spread_heads(layer.key, shape.heads, hidden, 1.0F, weight.data() + all * hidden, bias.data() + all);
  spread_heads(layer.value, shape.heads, hidden, 1.0F, weight.data() + 2 * all * hidden, bias.data() + 2 * all);
  return PackedMatrix(kernels, shape.dtype, weight, 3 * all, hidden, bias);
}

// Its input has the heads' padding in it: zero columns there.
PackedMatrix pack_attention_output(const Kernels& kernels, const LayerShape& shape, const LinearWeights& linear) {
  const size_t all = shape.heads.heads * shape.heads.width, hidden = shape.hidden, dim = shape.heads.dim;
  std::vector<float> weight(hidden * all);
  for (size_t out = 0; out < hidden; ++out) {
    for (size_t i = 0; i < hidden; ++i) {
      weight[out * all + i / dim * shape.heads.width + i % dim] = linear.weight[out * hidden + i];
    }
  }
  return PackedMatrix(kernels, shape.dtype, weight, hidden, all, linear.bias);
}

void add_attention(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, size_t tokens,
                   Activations& work) {
  LinearTask output;
  output.matrix = &layer.attention_output;
  output.input = work.context_rows(shape);
  output.rows = tokens;
  output.output = work.rows(shape);
  output.residual = work.x.data();
  multiply_and_norm(machine, output, layer.attention_norm.view(), output.output);
}

void feed_forward(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, size_t tokens,
                  Activations& work) {
  LinearTask inner;
  inner.matrix = &layer.intermediate;
  inner.input = work.rows(shape);
  inner.rows = tokens;
  inner.output = {work.wide.data(), shape.bf16() ? work.wide16.data() : nullptr, padded(shape.intermediate)};
  inner.post = post_of(shape.activation);
  multiply(machine, inner);

  LinearTask output;
  output.matrix = &layer.output;
  output.input = inner.output;
  output.rows = tokens;
  output.output = {work.y.data(), nullptr, shape.hidden_ld()};  // not x, which is the residual: see kSlice
  output.residual = work.x.data();
  multiply_and_norm(machine, output, layer.output_norm.view(), work.rows(shape));
}

}  // namespace

bool has_bf16(Isa isa) { return kernels_for(isa).gemm_bf16 != nullptr; }

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

HeadShape head_shape(size_t hidden, size_t heads) {
  const size_t dim = hidden / heads;
  return {heads, dim, round_up(dim, kVector)};
}

float softmax_scale(float head_scale) { return head_scale * std::numbers::log2e_v<float>; }

PackedNorm::PackedNorm(const NormWeights& norm, float eps)
    : weight_(padded(norm.weight.size())), bias_(padded(norm.weight.size())), eps_(eps), columns_(norm.weight.size()) {
  std::copy(norm.weight.begin(), norm.weight.end(), weight_.data());
  std::copy(norm.bias.begin(), norm.bias.end(), bias_.data());
}

size_t EncoderLayer::bytes() const {
  return qkv.bytes() + attention_output.bytes() + intermediate.bytes() + output.bytes() + relative.bytes();
}

EncoderLayer pack_layer(const Kernels& kernels, const LayerShape& shape, const LayerWeights& layer) {
  const auto pack = [&](const LinearWeights& linear, size_t columns, size_t k) {
    return PackedMatrix(kernels, shape.dtype, linear.weight, columns, k, linear.bias);
  };
  EncoderLayer packed;
  packed.qkv = pack_qkv(kernels, shape, layer);
  packed.attention_output = pack_attention_output(kernels, shape, layer.attention_output);
  packed.attention_norm = PackedNorm(layer.attention_norm, shape.norm_eps);
  packed.intermediate = pack(layer.intermediate, shape.intermediate, shape.hidden);
  packed.output = pack(layer.output, shape.hidden, shape.intermediate);
  packed.output_norm = PackedNorm(layer.output_norm, shape.norm_eps);
  return packed;
}

void Activations::reserve(const LayerShape& shape, size_t tokens, size_t widest, size_t embedding) {
  const size_t wide_ld = padded(std::max(widest, shape.intermediate));
  x.reserve(tokens * shape.hidden_ld());
  y.reserve(tokens * std::max(shape.hidden_ld(), padded(embedding)));
  qkv.reserve(tokens * shape.qkv_ld());
  if (shape.bf16()) {
    x16.reserve(tokens * shape.hidden_ld());
    context16.reserve(tokens * shape.context_ld());
    wide16.reserve(tokens * wide_ld);
  } else {
    context.reserve(tokens * shape.context_ld());
    wide.reserve(tokens * wide_ld);
  }
}

void project(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, size_t tokens,
             Activations& work, float* qkv) {
  LinearTask task;
  task.matrix = &layer.qkv;
  task.input = work.rows(shape);
  task.rows = tokens;
  task.output = {qkv, nullptr, shape.qkv_ld()};
  multiply(machine, task);
}

void attend(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, const PackedBatch& batch,
            const std::vector<AttentionItem>& items, Activations& work) {
  const Rows qkv{work.qkv.data(), nullptr, shape.qkv_ld()};
  attend(machine, batch, items, shape.heads, layer.relative, qkv, work.context_rows(shape), work.scratch);
}

void transform(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, size_t tokens,
               Activations& work) {
  add_attention(machine, shape, layer, tokens, work);
  feed_forward(machine, shape, layer, tokens, work);
}

void run_layer(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, const PackedBatch& batch,
               const std::vector<AttentionItem>& items, Activations& work) {
  project(machine, shape, layer, batch.tokens(), work, work.qkv.data());
  attend(machine, shape, layer, batch, items, work);
  transform(machine, shape, layer, batch.tokens(), work);
}

}  // namespace uie::model::cpu
