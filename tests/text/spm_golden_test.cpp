// Sentencepiece: the library's pieces, special tokens matched in the raw text, offsets in code points.
#include <map>

#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include "model_dir.h"
#include "spm_differences.h"

namespace uie {
namespace {

using Json = nlohmann::json;

struct Encoded {
  Json ids, offsets;
};

Encoded encode(const Tokenizer& tokenizer, const std::string& text) {
  Encoded out = {{tokenizer.special().cls}, {{0, 0}}};
  for (const Token& token : tokenizer.encode(text_of(text))) {
    out.ids.push_back(token.id);
    out.offsets.push_back({token.begin, token.end});
  }
  out.ids.push_back(tokenizer.special().sep);
  out.offsets.push_back({0, 0});
  return out;
}

std::map<int, const SpmDifference*> differences_by_line() {
  std::map<int, const SpmDifference*> by_line;
  for (const SpmDifference& difference : spm_differences()) {
    for (const int line : difference.lines) by_line[line] = &difference;
  }
  return by_line;
}

TEST(SpmGolden, LinesAgreeButForTheListedOnes) {
  const auto tokenizer = spm_tokenizer();
  const auto differences = differences_by_line();
  int number = 0;
  for (const Json& line : golden_lines("tokenizer/spm-public.jsonl.xz")) {
    ++number;
    const Encoded out = encode(*tokenizer, line["text"]);
    const bool same_ids = out.ids == line["ids"], same_offsets = out.offsets == line["offsets"];
    const auto listed = differences.find(number);
    const bool differs = listed != differences.end();
    EXPECT_EQ(same_ids, !differs || listed->second->same_ids) << number << ": " << line << out.ids;
    EXPECT_EQ(same_offsets && same_ids, !differs) << number << ": " << line << out.offsets;
  }
  EXPECT_EQ(number, 1867);
  EXPECT_EQ(differences.size(), 151u);
}

TEST(SpmGolden, PiecesAreTheLibrarys) {
  const auto tokenizer = spm_tokenizer();
  sentencepiece::SentencePieceProcessor library;
  ASSERT_TRUE(library.Load(test_data("tokenizer/spm/spm.model").string()).ok());
  size_t checked = 0;
  for (const Json& line : golden_lines("tokenizer/spm-public.jsonl.xz")) {
    const std::string text = line["text"];
    if (text.find('[') != text.npos) continue;  // may hold special tokens, which the library does not know
    std::vector<int> ids;
    for (const Token& token : tokenizer->encode(text_of(text))) ids.push_back(token.id);
    EXPECT_EQ(ids, library.EncodeAsIds(text)) << text;
    ++checked;
  }
  EXPECT_GT(checked, 1000u);
}

TEST(Spm, SpecialTokensAreCutOutOfTheRawText) {
  const auto tokenizer = spm_tokenizer();
  const SpecialTokens& special = tokenizer->special();
  EXPECT_EQ(special.pad, 0);
  EXPECT_EQ(special.mask, 5000);
  EXPECT_EQ(tokenizer->vocab_size(), 5001u);
  EXPECT_EQ(tokenizer->piece(5000), "[MASK]");
  const std::vector<Token> tokens = tokenizer->encode(text_of("中[MASK]𠮷[SEP][sep]"));
  ASSERT_GE(tokens.size(), 4u);
  EXPECT_EQ(std::ranges::count(tokens, Token{special.mask, 1, 7}), 1);
  EXPECT_EQ(std::ranges::count(tokens, Token{special.sep, 8, 13}), 1);
  EXPECT_EQ(std::ranges::count(tokens, special.sep, &Token::id), 1);
}

TEST(Spm, RexSpecialsFollowTheMask) {
  const auto tokenizer = ModelDir().copy("tokenizer/spm/spm.model").write("config.json", kDebertaConfig).load().value();
  EXPECT_EQ(tokenizer->special().mask, 5000);
  EXPECT_EQ(tokenizer->special().prefix, 5001);
  EXPECT_EQ(tokenizer->special().multiclassify, 5004);
  EXPECT_EQ(tokenizer->piece(5003), "[CLASSIFY]");
  EXPECT_EQ(tokenizer->vocab_size(), 5005u);
}

}  // namespace
}  // namespace uie
