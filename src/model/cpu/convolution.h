// Conv1d over the tokens of each text, as one product: a row of its input holds the K neighbours side by side, with
// zeros past the ends of the text. Packed neighbours never meet. (spec/rex.md §7.5)
#pragma once

#include "model/cpu/linear.h"
#include "model/cpu/packed_batch.h"
#include "model/deberta_config.h"
#include "model/deberta_weights.h"

namespace uie::model::cpu {

// [H, H/groups, K] → a dense [H, K * H] whose column t * H + c is tap t of channel c. Groups (rare: no published model
// has them) become zeros.
PackedMatrix pack_convolution(const Kernels& kernels, Dtype dtype, const DebertaConfig& config,
                              const LinearWeights& weights);

// to: [tokens, padded(kernel * hidden)]; floats or halves as in `from`.
void gather_neighbours(const Machine& machine, const PackedBatch& batch, size_t hidden, size_t kernel, const Rows& from,
                       const Rows& to);

}  // namespace uie::model::cpu
