// DeBERTa-v2 with the rotary link head on the CPU: our own kernels, no libtorch (spec/rex.md §7, §8).
//
// A pass runs over the tokens of all queries, packed without padding. Per layer: one product for q, k and v; attention
// per (text, head) in cache; output product + residual, LayerNorm; product + GELU; product + residual, LayerNorm.
// Weights lie in the kernels' order, relative tables are folded through the projections at load.
//
// What holds: every sum has one fixed order that depends on the text alone. So results are the same bits whatever the
// neighbours in the batch, their order, the number of threads and the split into chunks; they differ (in the last bits)
// between instruction sets and between fp32 and bf16. In bf16 the weights and the inputs of the layers' products are
// rounded; sums, attention, LayerNorm and the link head stay float.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/cpu/attention.h"
#include "model/cpu/embedding.h"
#include "model/cpu/isa.h"
#include "model/cpu/link_head.h"
#include "model/cpu/packed_batch.h"
#include "model/cpu/relative_table.h"
#include "model/cpu/thread_pool.h"
#include "model/deberta_config.h"
#include "model/deberta_weights.h"
#include "model/link_model.h"

namespace uie::model::cpu {

struct CpuOptions {
  size_t threads = 1;          // the caller of run() is one of them
  std::vector<int> pin_to;     // CPUs for the threads, the caller's first (it is not bound); empty: not bound
  Dtype dtype = Dtype::fp32;   // bf16 falls back to fp32 where the processor has no bfloat16 products
  std::optional<Isa> isa;      // nothing: the best available
  size_t chunk_tokens = 1024;  // whole texts run together up to this many tokens, so that activations stay in cache
};

bool has_bf16(Isa isa);

class DebertaCpu final : public LinkModel {
 public:
  // weights as read for this config; they are repacked and released.
  DebertaCpu(const DebertaConfig& config, DebertaWeights weights, const CpuOptions& options);

  // Queries come checked: ids inside the table, 0 <= positions < 65536, arrays of one length >= 1, probes inside.
  std::vector<LinkHits> run(std::span<const LinkQuery* const> batch) override;
  size_t weight_bytes() const override;

  Dtype dtype() const { return dtype_; }
  Isa isa() const { return isa_; }

  // Everything of one query, for tests.
  struct Inspection {
    std::vector<float> hidden;  // [L, H] of the last layer
    std::vector<float> links;   // [L, L]: Z
  };
  Inspection inspect(const LinkQuery& query);

 private:
  struct Norm {
    AlignedBuffer<float> weight, bias;
  };
  struct Layer {
    PackedMatrix qkv, attention_output, intermediate, output;
    Norm attention_norm, output_norm;
    RelativeTable relative;
  };

  // Activations of a chunk; grown to the largest chunk seen.
  struct Workspace {
    AlignedBuffer<float> x, y, qkv, wide;            // wide: intermediate, or the convolution's neighbours
    AlignedBuffer<uint16_t> x16, context16, wide16;  // inputs of products in bf16
    AlignedBuffer<float> context, conv;
    Scratch scratch;
  };

  PackedMatrix pack(std::span<const float> weight, size_t columns, size_t k, std::span<const float> bias) const;
  PackedMatrix pack_qkv(const DebertaLayerWeights& layer) const;
  PackedMatrix pack_attention_output(const LinearWeights& linear) const;
  Layer pack_layer(const DebertaLayerWeights& layer, const RelativeRows& rows,
                   const AlignedBuffer<float>& relative) const;
  Norm pad(const NormWeights& norm) const;
  NormView view(const Norm& norm) const;

  void reserve(size_t tokens);
  Rows x() { return {work_.x.data(), bf16() ? work_.x16.data() : nullptr, hidden_ld_}; }
  bool bf16() const { return dtype_ == Dtype::bf16; }
  Machine machine() const { return {kernels_, *pool_}; }

  void encode();
  void embed();
  void convolve();
  void mix_convolution();
  void run_layer(const Layer& layer);
  void attend(const Layer& layer);
  void feed_forward(const Layer& layer);

  DebertaConfig config_;
  Isa isa_;
  Dtype dtype_;
  const Kernels& kernels_;
  std::unique_ptr<ThreadPool> pool_;
  size_t chunk_tokens_;
  size_t hidden_, hidden_ld_, wide_ld_;
  HeadShape heads_;

  EmbeddingTables tables_;
  std::optional<PackedMatrix> embed_projection_;
  Norm embedding_norm_;
  std::optional<PackedMatrix> convolution_;
  Norm convolution_norm_;
  std::vector<Layer> layers_;
  std::unique_ptr<LinkHead> link_head_;

  PackedBatch batch_;
  std::vector<AttentionItem> items_;
  Workspace work_;
};

}  // namespace uie::model::cpu
