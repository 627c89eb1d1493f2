// config.json of a SiameseUIE checkpoint (BERT) as numbers: spec/siamese.md §1, §4. Plain data, no tensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "model/activation.h"
#include "uie/base/result.h"

namespace uie::model {

// Validated: every size is positive, heads divide hidden, there are two token types. Immutable once read.
struct BertConfig {
  int64_t vocab_size = 0;
  int64_t hidden = 0;  // H
  int64_t heads = 0;
  int64_t intermediate = 0;               // I
  int64_t max_position_embeddings = 512;  // positions of text and prompt are below
  int64_t type_vocab_size = 2;
  Activation hidden_act = Activation::gelu;
  float layer_norm_eps = 1e-12F;
  // All layers, or all but the six upper ones (a config written after fine-tuning); 0: not said. The tensors decide.
  int64_t stated_layers = 0;

  int64_t head_dim() const { return hidden / heads; }
  float score_scale() const;  // 1/√d
};

// Errors: corrupt_checkpoint or unsupported, naming the key in the message and `where` the file (parse: empty).
Result<BertConfig> parse_bert_config(std::string_view json);
Result<BertConfig> read_bert_config(const std::filesystem::path& file);

}  // namespace uie::model
