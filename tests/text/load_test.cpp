// Model directories as users bring them: what is read, what is refused, and what the refusal says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model_dir.h"

namespace uie {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// [PAD]=0 [UNK]=1 [CLS]=2 [SEP]=3 then the given pieces from 4.
std::string vocab_of(const std::vector<std::string>& pieces) {
  std::string bytes = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n";
  for (const std::string& piece : pieces) bytes += piece + "\n";
  return bytes;
}

std::vector<int32_t> ids(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<int32_t> ids;
  for (const Token& token : tokenizer.encode(text_of(text))) ids.push_back(token.id);
  return ids;
}

void expect_refused(const ModelDir& dir, ErrorCode code, const std::string& where, const std::string& message) {
  const auto tokenizer = dir.load();
  ASSERT_FALSE(tokenizer);
  EXPECT_EQ(tokenizer.error().code, code);
  EXPECT_EQ(tokenizer.error().where, where);
  EXPECT_THAT(tokenizer.error().message, HasSubstr(message));
}

TEST(LoadTokenizer, LinesEndAtLineFeedOnly) {
  const auto tokenizer =
      ModelDir()
          .write("vocab.txt", vocab_of({"\xE2\x80\xA8", "##\xE2\x80\xA8", "\x0B", "", "a", "\xC2\x85", "b"}))
          .load();
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ((*tokenizer)->vocab_size(), 11u);
  EXPECT_EQ((*tokenizer)->piece(4), "\xE2\x80\xA8");
  EXPECT_EQ((*tokenizer)->piece(7), "");
  EXPECT_THAT(ids(**tokenizer, "a b"), ElementsAre(8, 10));
}

TEST(LoadTokenizer, CarriageReturnsAndNoFinalLineFeed) {
  const auto tokenizer = ModelDir().write("vocab.txt", "[UNK]\r\n[CLS]\r\n[SEP]\r\na").load();
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ((*tokenizer)->vocab_size(), 4u);
  EXPECT_EQ((*tokenizer)->special().pad, -1);
  EXPECT_EQ((*tokenizer)->special().mask, -1);
  EXPECT_THAT(ids(**tokenizer, "a [PAD]"), ElementsAre(3, 0, 0, 0));
}

TEST(LoadTokenizer, OfEqualPiecesTheLastCounts) {
  const auto tokenizer = ModelDir().write("vocab.txt", vocab_of({"a", "中", "a", "中"})).load();
  ASSERT_TRUE(tokenizer);
  EXPECT_THAT(ids(**tokenizer, "a中"), ElementsAre(6, 7));
}

TEST(LoadTokenizer, RexSpecialsFollowTheVocabularyUnlessItHasThem) {
  const auto plain = rex_tokenizer();
  EXPECT_EQ(plain->special().prefix, 12800);
  EXPECT_EQ(plain->special().multiclassify, 12803);
  EXPECT_EQ(plain->vocab_size(), 12804u);
  EXPECT_EQ(plain->piece(12801), "[TYPE]");
  EXPECT_EQ(plain->piece(12804), "");
  EXPECT_EQ(plain->piece(-1), "");
  EXPECT_EQ(official_tokenizer()->special().prefix, -1);
  const auto own = ModelDir().write("vocab.txt", vocab_of({"[TYPE]", "a"})).write("config.json", kDebertaConfig).load();
  EXPECT_EQ((*own)->special().type, 4);
  EXPECT_EQ((*own)->special().prefix, 6);
}

// Of equal special lines the last counts too, and a word never becomes a special piece.
TEST(LoadTokenizer, WordsWithoutContinuationsAreUnknown) {
  const auto tokenizer = ModelDir().write("vocab.txt", vocab_of({"ab", "c"})).load();
  ASSERT_TRUE(tokenizer);
  EXPECT_THAT(ids(**tokenizer, "ab abc c [CLS]"), ElementsAre(4, 1, 5, 2));
}

TEST(LoadTokenizer, SwitchesOfTheConfig) {
  const std::string vocab = vocab_of({"abc", "Abc", "é", "e", "中", "文", "中文", "中##文", "##文"});
  const auto load = [&](const std::string& config) {
    return ModelDir().write("vocab.txt", vocab).write("tokenizer_config.json", config).load().value();
  };
  EXPECT_THAT(ids(*load("{}"), "Abc É 中文"), ElementsAre(4, 7, 8, 9));
  EXPECT_THAT(ids(*load(R"({"do_lower_case": null})"), "Abc"), ElementsAre(4));
  EXPECT_THAT(ids(*load(R"({"do_lower_case": false})"), "Abc é e\xCC\x81 中文"), ElementsAre(5, 6, 1, 8, 9));
  EXPECT_THAT(ids(*load(R"({"do_lower_case": false, "strip_accents": false})"), "Abc"), ElementsAre(5));
  EXPECT_THAT(ids(*load(R"({"tokenize_chinese_chars": false})"), "Abc 中文"), ElementsAre(4, 10));
}

TEST(LoadTokenizer, RefusesUnusableDirectories) {
  const ModelDir empty;
  expect_refused(empty, ErrorCode::corrupt_checkpoint, empty.path().string(), "must hold vocab.txt or spm.model");
  EXPECT_FALSE(load_tokenizer(empty.path() / "absent"));

  ModelDir dir;
  dir.write("vocab.txt", "");
  expect_refused(dir, ErrorCode::corrupt_checkpoint, dir.file("vocab.txt"), "empty");
  dir.write("vocab.txt", "[UNK]\n\xFF\n");
  expect_refused(dir, ErrorCode::corrupt_checkpoint, dir.file("vocab.txt"), "not valid UTF-8 at byte 6");
  dir.write("vocab.txt", "a\nb\n");
  expect_refused(dir, ErrorCode::corrupt_checkpoint, dir.file("vocab.txt"), "[UNK], [CLS] and [SEP]");
  dir.write("vocab.txt", vocab_of({"a"}));
  EXPECT_TRUE(dir.load());

  dir.write("config.json", "{");
  expect_refused(dir, ErrorCode::corrupt_checkpoint, dir.file("config.json"), "JSON object");
  dir.write("config.json", "[]");
  expect_refused(dir, ErrorCode::corrupt_checkpoint, dir.file("config.json"), "JSON object");
  dir.write("config.json", R"({"model_type": 3})");
  EXPECT_TRUE(dir.load());

  dir.write("tokenizer_config.json", R"({"do_lower_case": "yes"})");
  expect_refused(dir, ErrorCode::corrupt_checkpoint, dir.file("tokenizer_config.json"), "do_lower_case must be true");
  dir.write("tokenizer_config.json", R"({"strip_accents": false})");
  expect_refused(dir, ErrorCode::unsupported, dir.file("tokenizer_config.json"), "strip_accents must be null or");
}

TEST(LoadTokenizer, RefusesBrokenSentencepieceModels) {
  ModelDir dir;
  for (const std::string& bytes : {std::string(), std::string("not a model"), std::string(1000, '\xFF')}) {
    dir.write("spm.model", bytes);
    expect_refused(dir, ErrorCode::corrupt_checkpoint, dir.file("spm.model"), "sentencepiece model");
  }
  const std::string whole = read_bytes(test_data("tokenizer/spm/spm.model"));
  for (size_t size = 1; size < whole.size(); size = size * 2 + 1) {
    dir.write("spm.model", whole.substr(0, size));
    const auto tokenizer = dir.load();
    if (!tokenizer) {
      EXPECT_EQ(tokenizer.error().where, dir.file("spm.model"));
    }
  }
}

}  // namespace
}  // namespace uie
