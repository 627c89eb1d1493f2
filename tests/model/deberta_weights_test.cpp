#include "model/deberta_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/tiny_checkpoint.h"

namespace uie::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Result<DebertaWeights> read(const test::TinyCheckpoint& checkpoint) {
  const std::string bytes = checkpoint.bytes();
  const auto reader = checkpoint::Reader::from_bytes(std::as_bytes(std::span(bytes)));
  if (!reader) return Unexpected(reader.error());
  return read_deberta_weights(*parse_deberta_config(checkpoint.config().dump()), *reader);
}

nlohmann::json with(std::initializer_list<std::pair<const char*, nlohmann::json>> keys) {
  nlohmann::json config = test::tiny_config();
  for (const auto& [key, value] : keys) config[key] = value;
  return config;
}

std::vector<nlohmann::json> configs() {
  return {with({}),
          with({{"share_att_key", false}}),
          with({{"share_att_key", false}, {"pos_att_type", "p2c"}}),
          with({{"relative_attention", false}, {"position_biased_input", true}, {"type_vocab_size", 3}}),
          with({{"embedding_size", 10}, {"conv_kernel_size", 5}, {"conv_groups", 4}}),
          with({{"norm_rel_ebd", "none"}, {"conv_kernel_size", 0}})};
}

TEST(DebertaWeights, EveryTensorIsReadForEverySwitch) {
  for (const auto& config : configs()) {
    const test::TinyCheckpoint checkpoint(config, 1);
    const auto weights = read(checkpoint);
    ASSERT_TRUE(weights) << config << weights.error().message;
    size_t numbers = 0;
    for (const auto& [name, tensor] : checkpoint.tensors) numbers += tensor.numbers.size();
    EXPECT_EQ(weights->parameters(), numbers) << config;
    EXPECT_EQ(weights->vocab_rows, 64);
    EXPECT_EQ(weights->layers[1].output.weight,
              checkpoint.tensors.at("plm.encoder.layer.1.output.dense.weight").numbers);
  }
}

// One tensor at a time: gone, then with a row too many or too few. The table itself may have more rows.
TEST(DebertaWeights, EachMissingOrMisshapenTensorIsNamed) {
  for (const auto& config : configs()) {
    const test::TinyCheckpoint whole(config, 2);
    for (const auto& [name, tensor] : whole.tensors) {
      test::TinyCheckpoint broken = whole;
      broken.tensors.erase(name);
      const auto missing = read(broken);
      ASSERT_FALSE(missing) << name;
      EXPECT_THAT(missing.error().message, HasSubstr(name + " is missing"));
      test::TinyTensor& shorter = broken.tensors[name] = tensor;
      shorter.numbers.resize(shorter.numbers.size() / static_cast<size_t>(tensor.shape[0]));
      shorter.shape[0] = 1;
      const auto misshapen = read(broken);
      ASSERT_FALSE(misshapen) << name;
      EXPECT_THAT(misshapen.error().message, HasSubstr(name + " has shape "));
      EXPECT_EQ(misshapen.error().code, ErrorCode::corrupt_checkpoint);
    }
  }
}

TEST(DebertaWeights, OneErrorNamesThemAll) {
  test::TinyCheckpoint broken(with({}), 3);
  broken.tensors.erase("ffnq.bias");
  broken.tensors.erase("plm.encoder.layer.0.attention.self.value_proj.weight");
  broken.tensors["rotary_emb.freqs"] = {{2, 4}, std::vector<float>(8)};
  const auto read_back = read(broken);
  ASSERT_FALSE(read_back);
  EXPECT_THAT(read_back.error().message, HasSubstr("ffnq.bias is missing"));
  EXPECT_THAT(read_back.error().message, HasSubstr("layer.0.attention.self.value_proj.weight is missing"));
  EXPECT_THAT(read_back.error().message, HasSubstr("rotary_emb.freqs has shape [2, 4], not [8]"));
  EXPECT_THAT(read_back.error().message, Not(HasSubstr("ffnk")));
}

TEST(DebertaWeights, ExtraTensorsAndExtraTableRowsDoNoHarm) {
  test::TinyCheckpoint generous(with({}), 4);
  const std::vector<float> table = generous.tensors["plm.encoder.rel_embeddings.weight"].numbers;
  test::TinyTensor& longer = generous.tensors["plm.encoder.rel_embeddings.weight"];
  longer.shape[0] += 3;
  longer.numbers.resize(longer.numbers.size() + 3 * 16, 9);
  generous.tensors["plm.embeddings.word_embeddings.weight"] = {{70, 16}, std::vector<float>(70 * 16, 1)};
  generous.tensors["cls.predictions.bias"] = {{2}, {1, 2}};
  const auto weights = read(generous);
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(weights->relative_table, table);
  EXPECT_EQ(weights->vocab_rows, 70);
}

}  // namespace
}  // namespace uie::model
