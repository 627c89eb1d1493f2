#include "model/bert_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/tiny_bert.h"

namespace uie::model {
namespace {

using test::TinyBert;
using test::UpperLayers;
using ::testing::HasSubstr;

Result<BertWeights> read_bytes(const std::string& bytes) {
  const auto reader = checkpoint::Reader::from_bytes(std::as_bytes(std::span(bytes)));
  if (!reader) return Unexpected(reader.error());
  return read_bert_weights(*parse_bert_config(test::tiny_bert_config().dump()), *reader);
}

Result<BertWeights> read(const test::TinyTensors& tensors) { return read_bytes(test::safetensors(tensors)); }

size_t numbers(const test::TinyTensors& tensors) {
  size_t sum = 0;
  for (const auto& [name, tensor] : tensors) sum += tensor.numbers.size();
  return sum;
}

// The names decide, whatever num_hidden_layers says; twelve lower layers have two digits.
TEST(BertWeights, LayersAreCountedInBothSpellings) {
  for (const UpperLayers spelling : {UpperLayers::cross, UpperLayers::plain}) {
    for (const int lower : {0, 1, 2, 12}) {
      const TinyBert checkpoint(test::tiny_bert_config(), lower, spelling, 1);
      const auto weights = read(checkpoint.tensors);
      ASSERT_TRUE(weights) << weights.error().message;
      ASSERT_EQ(weights->lower.size(), static_cast<size_t>(lower));
      ASSERT_EQ(weights->upper.size(), 6U);
      EXPECT_EQ(weights->parameters(), numbers(checkpoint.tensors));
      const std::string last =
          spelling == UpperLayers::cross ? "crossattention.layer.5" : "plm.encoder.layer." + std::to_string(lower + 5);
      EXPECT_EQ(weights->upper[5].output.weight, checkpoint.tensors.at(last + ".output.dense.weight").numbers);
      EXPECT_EQ(weights->tail.bias, checkpoint.tensors.at("tail_clsf.bias").numbers);
    }
  }
}

// One tensor at a time: gone, then cut to one number.
TEST(BertWeights, EachMissingOrMisshapenTensorIsNamed) {
  for (const UpperLayers spelling : {UpperLayers::cross, UpperLayers::plain}) {
    const TinyBert whole(test::tiny_bert_config(), 2, spelling, 2);
    for (const auto& [name, tensor] : whole.tensors) {
      test::TinyTensors broken = whole.tensors;
      broken.erase(name);
      const auto missing = read(broken);
      ASSERT_FALSE(missing) << name;
      EXPECT_THAT(missing.error().message, HasSubstr(name + " is missing"));
      broken[name] = {{1, 1, 1}, {0}};
      const auto misshapen = read(broken);
      ASSERT_FALSE(misshapen) << name;
      EXPECT_THAT(misshapen.error().message, HasSubstr(name + " has shape [1, 1, 1], not "));
      EXPECT_EQ(misshapen.error().code, ErrorCode::corrupt_checkpoint);
    }
  }
}

TEST(BertWeights, WholeLayersThatAreMissingAreNoticed) {
  const auto without = [](UpperLayers spelling, const std::string& layer) {
    test::TinyTensors tensors = TinyBert(test::tiny_bert_config(), 2, spelling, 3).tensors;
    std::erase_if(tensors, [&](const auto& entry) { return entry.first.starts_with(layer + "."); });
    const auto weights = read(tensors);
    return weights ? std::string("loaded") : weights.error().message;
  };
  EXPECT_THAT(without(UpperLayers::cross, "crossattention.layer.5"),
              HasSubstr("crossattention.layer.5.output.dense.weight is missing"));
  EXPECT_THAT(without(UpperLayers::cross, "plm.encoder.layer.0"),
              HasSubstr("plm.encoder.layer.0.output.dense.weight is missing"));
  EXPECT_THAT(without(UpperLayers::plain, "plm.encoder.layer.4"),
              HasSubstr("plm.encoder.layer.4.output.dense.weight is missing"));

  test::TinyTensors five = TinyBert(test::tiny_bert_config(), 0, UpperLayers::plain, 3).tensors;
  std::erase_if(five, [](const auto& entry) { return entry.first.starts_with("plm.encoder.layer.5."); });
  EXPECT_THAT(read(five).error().message, HasSubstr("there are 5 layers in all"));
}

// Names that are not layers must not be counted as any, and numbers nobody means must not cost memory.
TEST(BertWeights, OddNamesAreOnlyExtra) {
  test::TinyTensors tensors = TinyBert(test::tiny_bert_config(), 1, UpperLayers::cross, 4).tensors;
  for (const char* name :
       {"plm.encoder.layer.", "plm.encoder.layer.x.y", "plm.encoder.layer.-1.y", "crossattention.layer",
        "plm.encoder.layer.999999999.y", "plm.encoder.layer.99999999999999999999.y", "gamma", "plm.pooler.dense.weight",
        "plm.embeddings.position_ids"}) {
    tensors[name] = {{1}, {0}};
  }
  const auto weights = read(tensors);
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(weights->lower.size(), 1U);
}

TEST(BertWeights, OldSpellingsAreReadAsTodays) {
  const TinyBert checkpoint(test::tiny_bert_config(), 1, UpperLayers::cross, 5);
  const auto today = read(checkpoint.tensors);
  ASSERT_TRUE(today);
  test::TinyTensors renamed;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    std::string old = "module." + name;
    if (name.ends_with("LayerNorm.weight")) old.replace(old.size() - 6, 6, "gamma");
    if (name.ends_with("LayerNorm.bias")) old.replace(old.size() - 4, 4, "beta");
    renamed[old] = tensor;
  }
  const auto weights = read(renamed);
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(weights->parameters(), today->parameters());
  EXPECT_EQ(weights->embedding_norm.weight, today->embedding_norm.weight);
  EXPECT_EQ(weights->upper[3].output_norm.bias, today->upper[3].output_norm.bias);

  // With both spellings in one file today's counts.
  test::TinyTensors both = checkpoint.tensors;
  both["plm.embeddings.LayerNorm.gamma"] = {{12}, std::vector<float>(12, 9)};
  const auto chosen = read(both);
  ASSERT_TRUE(chosen) << chosen.error().message;
  EXPECT_EQ(chosen->embedding_norm.weight, today->embedding_norm.weight);
}

std::string config_error(const char* key, const nlohmann::json& value) {
  nlohmann::json config = test::tiny_bert_config();
  config[key] = value;
  const auto parsed = parse_bert_config(config.dump());
  return parsed ? "" : parsed.error().message;
}

TEST(BertConfig, ErrorsNameTheKeyAndDefaultsAreBerts) {
  const std::vector<std::pair<const char*, nlohmann::json>> wrong = {{"hidden_size", 0},
                                                                     {"hidden_size", nullptr},
                                                                     {"vocab_size", "50"},
                                                                     {"num_attention_heads", 5},
                                                                     {"intermediate_size", 1 << 30},
                                                                     {"type_vocab_size", 1},
                                                                     {"max_position_embeddings", 0},
                                                                     {"num_hidden_layers", -1},
                                                                     {"layer_norm_eps", 0},
                                                                     {"hidden_act", "softsign"},
                                                                     {"position_embedding_type", "relative_key"}};
  for (const auto& [key, value] : wrong) {
    EXPECT_THAT(config_error(key, value), HasSubstr('"' + std::string(key) + '"')) << value;
  }
  for (const char* key : {"type_vocab_size", "max_position_embeddings", "num_hidden_layers", "layer_norm_eps",
                          "hidden_act", "position_embedding_type"}) {
    EXPECT_EQ(config_error(key, nullptr), "") << key;
  }
}

}  // namespace
}  // namespace uie::model
