// DeBERTa-v2 with the rotary link head on the CPU: our own kernels, no libtorch (spec/rex.md §7, §8).
//
// A pass runs over the tokens of all queries, packed without padding (see encoder_layer.h). Relative tables are folded
// through the projections at load.
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
#include "model/cpu/cpu_options.h"
#include "model/cpu/embedding.h"
#include "model/cpu/encoder_layer.h"
#include "model/cpu/link_head.h"
#include "model/cpu/packed_batch.h"
#include "model/cpu/thread_pool.h"
#include "model/deberta_config.h"
#include "model/deberta_weights.h"
#include "model/link_model.h"

namespace uie::model::cpu {

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
  void reserve(size_t tokens);
  Rows x() { return work_.rows(shape_); }
  Machine machine() const { return {kernels_, *pool_}; }

  void encode();
  void embed();
  void convolve();
  void mix_convolution();

  DebertaConfig config_;
  Isa isa_;
  Dtype dtype_;
  const Kernels& kernels_;
  std::unique_ptr<ThreadPool> pool_;
  size_t chunk_tokens_;
  LayerShape shape_;

  EmbeddingTables tables_;
  std::optional<PackedMatrix> embed_projection_;
  PackedNorm embedding_norm_;
  std::optional<PackedMatrix> convolution_;
  PackedNorm convolution_norm_;
  AlignedBuffer<float> convolved_;  // [tokens, padded(H)]
  std::vector<EncoderLayer> layers_;
  std::unique_ptr<LinkHead> link_head_;

  PackedBatch batch_;
  std::vector<AttentionItem> items_;
  Activations work_;
};

}  // namespace uie::model::cpu
