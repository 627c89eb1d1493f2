// The tensors of a RexUniNLU checkpoint (DeBERTa-v2 and the rotary link head) as float32: spec/rex.md §2.
// No torch types: the reference path and the CPU path both start from this.
#pragma once

#include <cstdint>
#include <vector>

#include "model/deberta_config.h"
#include "model/layer_weights.h"
#include "uie/base/result.h"
#include "uie/checkpoint/reader.h"

namespace uie::model {

struct DebertaLayerWeights : LayerWeights {
  LinearWeights pos_key, pos_query;  // [H, H]; empty unless relative attention has projections of its own
};

// Vectors of parts that the config switches off are empty. E = embedding_size, S = span().
struct DebertaWeights {
  int64_t vocab_rows = 0;                    // V: an id is valid when 0 <= id < V
  std::vector<float> word_embeddings;        // [V, E]
  std::vector<float> position_embeddings;    // [max_position_embeddings, E]
  std::vector<float> token_type_embeddings;  // [type_vocab_size, E]
  std::vector<float> embed_proj;             // [H, E], before the embedding's LayerNorm
  NormWeights embedding_norm;
  std::vector<DebertaLayerWeights> layers;
  std::vector<float> relative_table;  // [2S, H], as stored: neither normalised nor projected
  NormWeights relative_norm;
  LinearWeights conv;  // weight [H, H/groups, K], bias [H]
  NormWeights conv_norm;
  LinearWeights link_query, link_key;  // ffnq, ffnk: [H, H]
  std::vector<float> rotary_freqs;     // [H/2], as stored

  size_t parameters() const;
};

// Reads everything the config asks for. Error corrupt_checkpoint: its message names every missing or misshapen tensor,
// not just the first. Tensors that nothing uses are logged in one line.
Result<DebertaWeights> read_deberta_weights(const DebertaConfig& config, const checkpoint::Reader& reader);

}  // namespace uie::model
