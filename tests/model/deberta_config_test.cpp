#include "model/deberta_config.h"

#include <gtest/gtest.h>

#include "model/tiny_checkpoint.h"

namespace uie::model {
namespace {

using nlohmann::json;

std::string error_of(const json& config) {
  const auto parsed = parse_deberta_config(config.dump());
  return parsed ? "" : parsed.error().message;
}

json minimal() {
  return {{"vocab_size", 60},
          {"hidden_size", 16},
          {"num_hidden_layers", 2},
          {"num_attention_heads", 4},
          {"intermediate_size", 24}};
}

// Defaults of spec/rex.md §7.
TEST(DebertaConfig, AbsentAndNullKeysTakeTheirDefaults) {
  json with_nulls = minimal();
  for (const char* key : {"pos_att_type", "norm_rel_ebd", "position_buckets", "conv_groups", "conv_act",
                          "layer_norm_eps", "relative_attention", "embedding_size"}) {
    with_nulls[key] = nullptr;
  }
  for (const json& config_json : {minimal(), with_nulls}) {
    const auto config = parse_deberta_config(config_json.dump());
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_FALSE(config->relative_attention || config->share_att_key || config->norm_relative_table);
    EXPECT_FALSE(config->c2p || config->p2c || config->use_conv() || config->log_buckets());
    EXPECT_TRUE(config->position_biased_input);
    EXPECT_EQ(config->span(), 512);
    EXPECT_EQ(config->embedding_size, 16);
    EXPECT_EQ(config->conv_act, Activation::tanh);
    EXPECT_EQ(config->hidden_act, Activation::gelu);
    EXPECT_FLOAT_EQ(config->layer_norm_eps, 1e-7F);
    EXPECT_FLOAT_EQ(config->score_scale(), 0.5F);
  }
}

TEST(DebertaConfig, SpanFollowsBucketsThenFarthestThenPositions) {
  json config = minimal();
  const auto span = [&] { return parse_deberta_config(config.dump())->span(); };
  config["max_position_embeddings"] = 100;
  EXPECT_EQ(span(), 100);
  config["max_relative_positions"] = 70;
  EXPECT_EQ(span(), 70);
  config["position_buckets"] = 32;
  EXPECT_EQ(span(), 32);
  EXPECT_TRUE(parse_deberta_config(config.dump())->log_buckets());
  config["max_relative_positions"] = -1;  // the published config: buckets without a logarithm
  EXPECT_FALSE(parse_deberta_config(config.dump())->log_buckets());
}

TEST(DebertaConfig, TermsComeInAnyOrderCaseAndForm) {
  for (const json& terms : {json("c2p|p2c"), json("P2C|C2P"), json(" p2c | c2p "), json::array({"c2p", "P2C"})}) {
    json config = minimal();
    config["pos_att_type"] = terms;
    const auto parsed = parse_deberta_config(config.dump());
    ASSERT_TRUE(parsed) << terms << parsed.error().message;
    EXPECT_TRUE(parsed->c2p && parsed->p2c) << terms;
    EXPECT_FALSE(parsed->use_c2p() || parsed->use_p2c()) << "relative_attention is off";
    EXPECT_FLOAT_EQ(parsed->score_scale(), 1 / std::sqrt(12.0F)) << "they scale all the same";
  }
}

TEST(DebertaConfig, ErrorsNameTheKey) {
  const std::vector<std::pair<const char*, json>> wrong = {{"hidden_size", 0},
                                                           {"hidden_size", -16},
                                                           {"hidden_size", "16"},
                                                           {"hidden_size", 16.5},
                                                           {"hidden_size", nullptr},
                                                           {"hidden_size", 1ULL << 63},
                                                           {"hidden_size", 1e9},
                                                           {"hidden_size", json::array()},
                                                           {"num_hidden_layers", 0},
                                                           {"num_attention_heads", 3},
                                                           {"intermediate_size", 1 << 30},
                                                           {"vocab_size", nullptr},
                                                           {"hidden_act", "softsign"},
                                                           {"hidden_act", 3},
                                                           {"layer_norm_eps", 0},
                                                           {"layer_norm_eps", "1e-7"},
                                                           {"conv_kernel_size", 4},
                                                           {"conv_kernel_size", -1},
                                                           {"conv_groups", 3},
                                                           {"conv_act", "swish2"},
                                                           {"relative_attention", 1},
                                                           {"pos_att_type", "c2p|p2p"},
                                                           {"pos_att_type", 7},
                                                           {"norm_rel_ebd", "batch_norm"},
                                                           {"position_buckets", 1 << 29},
                                                           {"max_position_embeddings", 0},
                                                           {"type_vocab_size", -2},
                                                           {"embedding_size", 0},
                                                           {"attention_head_size", 5}};
  for (const auto& [key, value] : wrong) {
    json config = minimal();
    config["conv_kernel_size"] = 3;
    config[key] = value;
    EXPECT_NE(error_of(config).find('"' + std::string(key) + '"'), std::string::npos)
        << key << " = " << value << ": " << error_of(config);
  }
}

TEST(DebertaConfig, RefusesBucketsThatCannotBeBuilt) {
  json config = minimal();
  config["position_buckets"] = 32;
  config["max_relative_positions"] = 17;  // (17 - 1) / 16: the logarithm of 1
  EXPECT_NE(error_of(config).find("max_relative_positions"), std::string::npos);
  config["max_relative_positions"] = 18;
  EXPECT_EQ(error_of(config), "");
}

TEST(DebertaConfig, OddHiddenIsRefusedForTheRotaryPairs) {
  json config = minimal();
  config["hidden_size"] = 15;
  config["num_attention_heads"] = 3;
  EXPECT_NE(error_of(config).find("hidden_size"), std::string::npos);
}

TEST(DebertaConfig, WhatIsNotAnObjectIsRefused) {
  for (const char* text : {"", "[]", "null", "{", "{\"hidden_size\":", "\xff\xfe"}) {
    const auto parsed = parse_deberta_config(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::corrupt_checkpoint);
  }
}

TEST(DebertaConfig, FileErrorsNameTheFile) {
  const test::ScratchFolder folder;
  const auto missing = read_deberta_config(folder.path() / "config.json");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().where, (folder.path() / "config.json").string());
  std::ofstream(folder.path() / "config.json") << std::string((1 << 20) + 1, ' ');
  const auto huge = read_deberta_config(folder.path() / "config.json");
  ASSERT_FALSE(huge);
  EXPECT_NE(huge.error().message.find("1 MiB"), std::string::npos);
}

}  // namespace
}  // namespace uie::model
