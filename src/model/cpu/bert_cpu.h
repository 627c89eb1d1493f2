// SiameseUIE on the CPU: our own kernels, no libtorch (spec/siamese.md §4).
//
// A batch is first cut into its different halves (texts, prompts); those whose lower-layer output is not in the cache
// go through the lower layers together, then all pairs through the upper ones, packed without padding
// (encoder_layer.h). Attention is full within a half or a pair: the kernels of DeBERTa without relative tables and
// groups.
//
// What a pair does not need is not computed: the first upper layer's q, k and v depend on a half alone and are computed
// once for all pairs of a chunk that it is in; behind the last layer's attention nobody reads the prompts.
//
// What holds: as deberta_cpu.h. A half from the cache has the bits of a half computed anew.
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/bert_config.h"
#include "model/bert_weights.h"
#include "model/cpu/cpu_options.h"
#include "model/cpu/embedding.h"
#include "model/cpu/encoder_layer.h"
#include "model/cpu/packed_batch.h"
#include "model/cpu/thread_pool.h"
#include "model/half_cache.h"
#include "model/pointer_model.h"

namespace uie::model::cpu {

class BertCpu final : public PointerModel {
 public:
  // weights as read for this config; they are repacked and released. cache_bytes: see HalfCache.
  BertCpu(const BertConfig& config, BertWeights weights, const CpuOptions& options, size_t cache_bytes);

  // Queries come checked: ids inside the table, positions inside theirs, neither half empty.
  std::vector<PointerScores> run(std::span<const PointerQuery* const> batch) override;
  size_t weight_bytes() const override;
  LowerHalfCounts lower_half() const override { return counts_; }

  Dtype dtype() const { return shape_.dtype; }
  Isa isa() const { return isa_; }

 private:
  using States = std::shared_ptr<HalfStates>;
  struct Pair {
    std::shared_ptr<const HalfStates> text, hint;  // [tokens, padded(H)]; filled when the lower layers have run
    const PointerQuery* query;
  };
  // A half that must be computed, and where to.
  struct Task {
    Half half;
    States states;
  };
  struct Plan {
    std::vector<Pair> pairs;
    std::vector<Task> missing;
  };

  Plan plan(std::span<const PointerQuery* const> batch);
  void run_lower(std::span<const Task> tasks);
  void run_upper(std::span<const Pair> pairs, std::span<PointerScores> scores);
  void project_halves(std::span<const Pair> pairs);
  void put_states(const HalfStates& states, size_t row);
  void gather(std::span<const Pair> pairs);
  size_t keep_texts(std::span<const Pair> pairs);
  void score(std::span<const Pair> pairs, std::span<PointerScores> scores);

  Rows x() { return work_.rows(shape_); }
  Machine machine() const { return {kernels_, *pool_}; }
  void reserve() { work_.reserve(shape_, batch_.tokens(), 0, tables_.width); }

  Isa isa_;
  const Kernels& kernels_;
  std::unique_ptr<ThreadPool> pool_;
  size_t chunk_tokens_;
  LayerShape shape_;

  EmbeddingTables tables_;
  PackedNorm embedding_norm_;
  std::vector<EncoderLayer> lower_, upper_;
  PackedMatrix pointers_;  // columns: head, tail; float always

  HalfCache cache_;
  LowerHalfCounts counts_;
  PackedBatch batch_;
  Activations work_;
  std::unordered_map<const HalfStates*, size_t> half_rows_;  // of a chunk's halves in half_qkv_
  AlignedBuffer<float> half_qkv_;                            // [tokens of the halves, qkv_ld]
  AlignedBuffer<float> logits_;                              // [tokens, kRowStep]
};

}  // namespace uie::model::cpu
