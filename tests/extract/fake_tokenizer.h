// A tokenizer for tests that need no vocabulary: one token a code point (id = the code point), white space dropped,
// the literal special tokens of RexUniNLU as ids of their own.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "uie/text/tokenizer.h"

namespace uie::test {

class FakeTokenizer final : public Tokenizer {
 public:
  static constexpr std::array<std::string_view, 9> kSpecial = {
      "[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", "[PREFIX]", "[TYPE]", "[CLASSIFY]", "[MULTICLASSIFY]"};

  std::vector<Token> encode(const Text& text) const override {
    std::vector<Token> tokens;
    for (uint32_t i = 0; i < text.size();) {
      if (const int special = special_at(text, i); special >= 0) {
        const auto length = static_cast<uint32_t>(kSpecial[static_cast<size_t>(special)].size());
        tokens.push_back({special, i, i + length});
        i += length;
        continue;
      }
      const char32_t c = text.at(i);
      if (c != U' ' && c != U'\n' && c != U'\t' && c != U'\u3000') tokens.push_back({id_of(c), i, i + 1});
      ++i;
    }
    return tokens;
  }

  const SpecialTokens& special() const override { return special_; }
  size_t vocab_size() const override { return 0x110000 + kSpecial.size(); }
  std::string_view piece(int32_t) const override { return {}; }

  static int32_t id_of(char32_t c) { return static_cast<int32_t>(c) + static_cast<int32_t>(kSpecial.size()); }

 private:
  static int special_at(const Text& text, uint32_t begin) {
    if (text.at(begin) != U'[') return -1;
    for (size_t i = 0; i < kSpecial.size(); ++i) {
      const auto end = begin + static_cast<uint32_t>(kSpecial[i].size());
      if (end <= text.size() && text.slice(begin, end) == kSpecial[i]) return static_cast<int>(i);
    }
    return -1;
  }

  const SpecialTokens special_{0, 3, 1, 2, 4, 5, 6, 7, 8};
};

}  // namespace uie::test
