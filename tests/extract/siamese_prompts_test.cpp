// Prompts put together from parts against prompts written out and tokenised as a whole, with a real vocabulary.
#include "extract/siamese_prompts.h"

#include <random>

#include <gtest/gtest.h>

#include "data_files.h"

namespace uie::test {
namespace {

class SiamesePrompts : public testing::Test {
 protected:
  // [CLS] … [SEP] of the whole text, cut to 128.
  std::vector<int32_t> whole(const std::string& text) const {
    std::vector<int32_t> ids = token_ids(*tokenizer_, text);
    ids.resize(std::min<size_t>(ids.size(), 126));
    ids.insert(ids.begin(), tokenizer_->special().cls);
    ids.push_back(tokenizer_->special().sep);
    return ids;
  }

  std::vector<int32_t> label_ids(const std::string& label) const { return token_ids(*tokenizer_, label + ": "); }

  std::vector<int32_t> extend(const std::vector<int32_t>& path, const std::string& label,
                              const std::string& span) const {
    const Text text = Text::from_utf8("x" + span + "y").value();
    return writer_.extend(path, label_ids(label), text, 1, text.size() - 1);
  }

  const std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(data_file("tokenizer/bert")).value();
  const PromptWriter writer_{*tokenizer_};
};

TEST_F(SiamesePrompts, ArePathsAndALabel) {
  EXPECT_EQ(writer_.prompt({}, label_ids("人物")), whole("人物: "));
  const auto path = extend(extend({}, "人物", "张三"), "国籍", "中国");
  EXPECT_EQ(writer_.prompt(path, label_ids("时间")), whole("人物: 张三, 国籍: 中国, 时间: "));
  EXPECT_EQ(writer_.prompt(extend({}, "", ""), label_ids("")), whole(": , : "));
}

// Text a tokeniser must look around in: pieces, accents, syllables, literals whole and torn, characters that vanish.
std::string random_words(std::mt19937_64& random) {
  static const std::vector<std::string> parts = {
      "人", "物",        "ab",  "playing", "12",     "é",      "e\u0301", "\u0301",   "한국",
      "が", " ",         "\n",  "\u3000",  "\u200b", "[MASK]", "[SEP]",   "[MA",      "SK]",
      "[",  "]",         ",",   ": ",      ", ",     "，",     "\u0085",  "\u2028",   "😀",
      "İ",  "unaffable", "##x", "-",       "ΑΣ",     "σ",      "(类型)",  "正,负|文", "[unused1]"};
  std::string words;
  for (auto count = random() % 9; count > 0; --count) words += parts[random() % parts.size()];
  return words;
}

TEST_F(SiamesePrompts, PartsGiveTheTokensOfTheWhole) {
  std::mt19937_64 random(5);
  size_t cut = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    std::vector<int32_t> path;
    for (auto depth = random() % 9; depth > 0; --depth) {
      const std::string label = random_words(random), span = random_words(random);
      path = extend(path, label, span);
      text += label + ": " + span + ", ";
      ASSERT_LE(path.size(), 126u);
    }
    const std::string label = random_words(random);
    text += label + ": ";
    ASSERT_EQ(writer_.prompt(path, label_ids(label)), whole(text)) << text;
    const bool is_cut = token_ids(*tokenizer_, text).size() > 126;
    ASSERT_EQ(PromptWriter::is_cut(path, label_ids(label)), is_cut) << text;
    cut += is_cut;
  }
  EXPECT_GT(cut, 20u);
}

TEST_F(SiamesePrompts, VeryLongSpansCostLittle) {
  std::string span;
  for (int i = 0; i < 200'000; ++i) span += "长词";
  EXPECT_EQ(writer_.prompt(extend({}, "人", span), label_ids("物")), whole("人: " + span.substr(0, 3000)));
}

}  // namespace
}  // namespace uie::test
