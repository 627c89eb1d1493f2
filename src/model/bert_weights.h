// The tensors of a SiameseUIE checkpoint as float32: spec/siamese.md §1. No torch types: the reference path and the CPU
// path both start from this.
#pragma once

#include <cstdint>
#include <vector>

#include "model/bert_config.h"
#include "model/layer_weights.h"
#include "uie/base/result.h"
#include "uie/checkpoint/reader.h"

namespace uie::model {

constexpr int64_t kUpperLayers = 6;

struct BertWeights {
  std::vector<float> word_embeddings;        // [vocab_size, H]
  std::vector<float> position_embeddings;    // [max_position_embeddings, H]
  std::vector<float> token_type_embeddings;  // [type_vocab_size, H]
  NormWeights embedding_norm;
  std::vector<LayerWeights> lower;  // run on text and prompt apart; may be empty
  std::vector<LayerWeights> upper;  // kUpperLayers, run on the pair
  LinearWeights head, tail;         // weight [1, H], bias [1]

  size_t parameters() const;
};

// Layers are counted from the names, in either spelling of the upper ones. Error corrupt_checkpoint: its message names
// every missing or misshapen tensor, not just the first. Tensors that nothing uses are logged in one line.
Result<BertWeights> read_bert_weights(const BertConfig& config, const checkpoint::Reader& reader);

}  // namespace uie::model
