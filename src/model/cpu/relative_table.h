// The relative position terms of one layer, folded at load: E through the projections, then laid out by distance.
#pragma once

#include <span>
#include <vector>

#include "model/cpu/aligned_buffer.h"
#include "model/cpu/linear.h"
#include "model/deberta_config.h"
#include "model/deberta_weights.h"
#include "model/relative_positions.h"

namespace uie::model::cpu {

// Per head a transposed table [dim][pitch] whose columns are distances (not rows of E): clamp and log buckets are
// folded in, so the kernels read consecutive columns for consecutive positions.
struct RelativeTable {
  AlignedBuffer<float> c2p;  // column = key position - query position + reach; empty: the term is off
  AlignedBuffer<float> p2c;  // column = query position - key position + reach
  size_t pitch = 0, reach = 0, dim = 0;

  const float* c2p_of(size_t head) const { return c2p.size() ? c2p.data() + head * dim * pitch : nullptr; }
  const float* p2c_of(size_t head) const { return p2c.size() ? p2c.data() + head * dim * pitch : nullptr; }
  size_t bytes() const { return c2p.bytes() + p2c.bytes(); }
};

// E as the model uses it: [2S, padded(H)], normalised when the config says so. Empty without relative attention.
AlignedBuffer<float> relative_embeddings(const Machine& machine, const DebertaConfig& config,
                                         const DebertaWeights& weights);

// score_scale multiplies p2c (c2p gets it through the queries).
RelativeTable fold_relative_table(const Machine& machine, const DebertaConfig& config, const RelativeRows& rows,
                                  const AlignedBuffer<float>& embeddings, const DebertaLayerWeights& layer,
                                  float score_scale);

}  // namespace uie::model::cpu
