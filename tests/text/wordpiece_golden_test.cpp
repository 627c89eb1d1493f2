// Every line that the published fast tokeniser answered: ids and offsets. golden/tokenizer/README.md says how they
// were made.
#include <gtest/gtest.h>

#include "model_dir.h"

namespace uie {
namespace {

using Json = nlohmann::json;

struct Encoded {
  Json ids = Json::array(), offsets = Json::array();

  void add(int32_t id, uint32_t begin, uint32_t end) {
    ids.push_back(id);
    offsets.push_back({begin, end});
  }
};

Encoded encode(const Tokenizer& tokenizer, const std::string& text, bool framed) {
  Encoded out;
  if (framed) out.add(tokenizer.special().cls, 0, 0);
  for (const Token& token : tokenizer.encode(text_of(text))) out.add(token.id, token.begin, token.end);
  if (framed) out.add(tokenizer.special().sep, 0, 0);
  return out;
}

void expect_lines(const Tokenizer& tokenizer, const std::string& file, size_t lines, bool framed) {
  size_t checked = 0;
  for (const Json& line : golden_lines("tokenizer/" + file)) {
    if (line.contains("windows")) continue;
    const Encoded out = encode(tokenizer, line["text"], framed);
    EXPECT_EQ(out.ids, line["ids"]) << file << ": " << line["text"];
    EXPECT_EQ(out.offsets, line["offsets"]) << file << ": " << line["text"];
    ++checked;
  }
  EXPECT_EQ(checked, lines);
}

TEST(WordPieceGolden, Bert) { expect_lines(*bert_tokenizer(), "tokenizer-public.jsonl.xz", 1867, true); }

TEST(WordPieceGolden, Official) {
  expect_lines(*official_tokenizer(), "tokenizer-public-official.jsonl.xz", 1867, true);
}

TEST(WordPieceGolden, OfficialWithRexSpecials) {
  expect_lines(*rex_tokenizer(), "tokenizer-public-official-rex.jsonl.xz", 248, true);
}

// Odd strings that the original library answered for spec/rex.md.
TEST(WordPieceGolden, RexOddStrings) { expect_lines(*rex_tokenizer(), "rex.jsonl.xz", 570, false); }

}  // namespace
}  // namespace uie
