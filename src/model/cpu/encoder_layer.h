// One post-norm transformer layer over a packed batch: one product for q, k and v; attention per (text, head) in cache;
// output product + residual, LayerNorm; product + activation; product + residual, LayerNorm. Weights lie in the
// kernels' order. With a relative table the attention is DeBERTa's, without one it is BERT's.
#pragma once

#include <vector>

#include "model/activation.h"
#include "model/cpu/attention.h"
#include "model/cpu/linear.h"
#include "model/cpu/relative_table.h"
#include "model/layer_weights.h"

namespace uie::model::cpu {

Post post_of(Activation activation);

// What the layers of one model have in common.
struct LayerShape {
  size_t hidden = 0;        // H
  size_t intermediate = 0;  // I
  HeadShape heads;
  Activation activation = Activation::gelu;
  float norm_eps = 0;
  float score_scale = 0;  // of q · k, times log2 e: the kernels' softmax counts in powers of two
  Dtype dtype = Dtype::fp32;

  size_t hidden_ld() const { return padded(hidden); }
  size_t context_ld() const { return padded(heads.heads * heads.width); }
  size_t qkv_ld() const { return padded(3 * heads.heads * heads.width); }
  bool bf16() const { return dtype == Dtype::bf16; }
};

// heads * dim = hidden; head_scale: what the model multiplies scores with.
HeadShape head_shape(size_t hidden, size_t heads);
float softmax_scale(float head_scale);

// Both filled up with zeros to whole rows.
class PackedNorm {
 public:
  PackedNorm() = default;
  PackedNorm(const NormWeights& norm, float eps);
  NormView view() const { return {weight_.data(), bias_.data(), eps_, columns_}; }

 private:
  AlignedBuffer<float> weight_, bias_;
  float eps_ = 0;
  size_t columns_ = 0;
};

struct EncoderLayer {
  PackedMatrix qkv, attention_output, intermediate, output;
  PackedNorm attention_norm, output_norm;
  RelativeTable relative;  // empty: BERT's attention

  size_t bytes() const;
};

// Without the relative table.
EncoderLayer pack_layer(const Kernels& kernels, const LayerShape& shape, const LayerWeights& layer);

// Activations of a chunk; grown to the largest chunk seen.
struct Activations {
  AlignedBuffer<float> x, y, qkv, wide, context;   // x: [tokens, padded(H)], what a layer reads and writes; y: between
  AlignedBuffer<uint16_t> x16, context16, wide16;  // inputs of products in bf16
  Scratch scratch;                                 // one per worker of the pool

  // widest: columns of `wide`, at least I; embedding: columns of `y`, at least H.
  void reserve(const LayerShape& shape, size_t tokens, size_t widest, size_t embedding);
  Rows rows(const LayerShape& shape) { return {x.data(), shape.bf16() ? x16.data() : nullptr, shape.hidden_ld()}; }
  Rows context_rows(const LayerShape& shape) {
    return {context.data(), shape.bf16() ? context16.data() : nullptr, shape.context_ld()};
  }
};

// items: attention_items(batch, shape.heads, threads).
void run_layer(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, const PackedBatch& batch,
               const std::vector<AttentionItem>& items, Activations& work);

// run_layer in its steps, for models that need not all of them for all tokens.
// The first `tokens` rows of x → qkv [tokens, qkv_ld].
void project(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, size_t tokens,
             Activations& work, float* qkv);
// work.qkv → the context of the items' rows.
void attend(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, const PackedBatch& batch,
            const std::vector<AttentionItem>& items, Activations& work);
// The first `tokens` rows of context and x → x.
void transform(const Machine& machine, const LayerShape& shape, const EncoderLayer& layer, size_t tokens,
               Activations& work);

}  // namespace uie::model::cpu
