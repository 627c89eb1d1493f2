// config.json of a DeBERTa-v2 checkpoint as numbers and switches: spec/rex.md §7. Plain data, no tensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "model/activation.h"
#include "uie/base/result.h"

namespace uie::model {

// Validated: every size is positive, heads divide hidden, hidden is even (rotary pairs), conv groups divide hidden,
// the conv kernel is odd. Immutable once read.
struct DebertaConfig {
  int64_t vocab_size = 0;      // of vocab.txt; the embedding has 4 further rows for the added special tokens
  int64_t hidden = 0;          // H
  int64_t embedding_size = 0;  // width of the embedding tables; H unless embed_proj stands between
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t intermediate = 0;  // I
  int64_t max_position_embeddings = 512;
  int64_t type_vocab_size = 0;  // 0: no segment embedding
  Activation hidden_act = Activation::gelu;
  float layer_norm_eps = 1e-7F;
  bool position_biased_input = true;  // adds position_embeddings[position id]

  bool relative_attention = false;
  bool c2p = false, p2c = false;        // terms named by pos_att_type, whether relative_attention is on or off
  bool share_att_key = false;           // position projections reuse query_proj and key_proj
  bool norm_relative_table = false;     // LayerNorm on the relative table before use
  int64_t position_buckets = -1;        // B; > 0: log buckets, if max_relative_positions > 0 as well
  int64_t max_relative_positions = -1;  // the raw value of the file

  int64_t conv_kernel = 0;  // K; 0: no conv layer
  int64_t conv_groups = 1;
  Activation conv_act = Activation::tanh;

  int64_t head_dim() const { return hidden / heads; }
  // S: the relative table has 2S rows; r(i,j) = clamp(δ or its bucket + S, 0, 2S-1).
  int64_t span() const;
  // The published config has 256 buckets and max_relative_positions -1: that means plain clamped distances.
  bool log_buckets() const { return position_buckets > 0 && max_relative_positions > 0; }
  // Terms that really act; both false without relative_attention.
  bool use_c2p() const { return relative_attention && c2p; }
  bool use_p2c() const { return relative_attention && p2c; }
  bool use_conv() const { return conv_kernel > 0; }
  // Every score is multiplied by 1/√(d·f), f = 1 + c2p + p2c as named, relative_attention or not (golden: ck_plain).
  float score_scale() const;
};

// Errors: corrupt_checkpoint or unsupported, naming the key in the message and `where` the file (parse: empty).
Result<DebertaConfig> parse_deberta_config(std::string_view json);
Result<DebertaConfig> read_deberta_config(const std::filesystem::path& file);

}  // namespace uie::model
