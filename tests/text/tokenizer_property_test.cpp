// What holds for every text: offsets, pieces, pieces against a slow and plain writing of the same rules.
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "model_dir.h"
#include "random_text.h"
#include "text/charmap.h"

namespace uie {
namespace {

// The rules of spec/siamese.md §2 step by step, each step over the whole text, with a map for the vocabulary: nothing
// in common with the one-pass implementation but the ranges it reads.
class PlainWordPiece {
 public:
  explicit PlainWordPiece(const Tokenizer& tokenizer) : special_(tokenizer.special()) {
    for (int32_t id = 0; id < static_cast<int32_t>(tokenizer.vocab_size()); ++id) {
      ids_[std::string(tokenizer.piece(id))] = id;
    }
    for (const CharRange& range : char_ranges()) ranges_[range.first] = range;
    for (const CharFold& fold : char_folds()) folds_[fold.from] = fold;
  }

  std::vector<Token> encode(const std::u32string& text) const {
    static const char* const literals[] = {"[PAD]",    "[UNK]",  "[CLS]",      "[SEP]",          "[MASK]",
                                           "[PREFIX]", "[TYPE]", "[CLASSIFY]", "[MULTICLASSIFY]"};
    std::vector<Token> tokens;
    size_t done = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      for (const std::string literal : literals) {
        if (text.compare(i, literal.size(), std::u32string(literal.begin(), literal.end())) != 0) continue;
        encode_plain(text, done, i, tokens);
        done = i + literal.size();
        tokens.push_back({ids_.at(literal), static_cast<uint32_t>(i), static_cast<uint32_t>(done)});
        i = done - 1;
        break;
      }
    }
    encode_plain(text, done, text.size(), tokens);
    return tokens;
  }

 private:
  struct Char {
    char32_t c;
    uint32_t source;
  };

  CharClass class_of(char32_t c) const {
    auto found = ranges_.upper_bound(c);
    if (found == ranges_.begin()) return CharClass::other;
    --found;
    return c <= found->second.last ? found->second.what : CharClass::other;
  }

  void fold(char32_t c, uint32_t source, std::vector<Char>& out) const {
    const auto found = folds_.find(c);
    const bool hangul = c >= kFirstHangul && c <= kLastHangul;
    if (!hangul && found == folds_.end()) return out.push_back({c, source});
    const CharFold fold = hangul ? hangul_fold(c) : found->second;
    for (const char32_t to : fold.to) {
      if (to != 0) out.push_back({to, source});
    }
  }

  std::vector<Char> normalise(const std::u32string& text, size_t begin, size_t end) const {
    std::vector<Char> out;
    for (size_t i = begin; i < end; ++i) {
      const CharClass what = class_of(text[i]);
      const auto source = static_cast<uint32_t>(i);
      if (what == CharClass::removed || what == CharClass::mark) continue;
      if (what == CharClass::space || what == CharClass::cjk) out.push_back({U' ', source});
      if (what != CharClass::space) fold(text[i], source, out);
      if (what == CharClass::cjk) out.push_back({U' ', source});
    }
    return out;
  }

  std::vector<std::vector<Char>> words(const std::vector<Char>& chars) const {
    std::vector<std::vector<Char>> words(1);
    for (const Char& c : chars) {
      const bool alone = class_of(c.c) == CharClass::punctuation;
      if (alone || c.c == U' ') words.emplace_back();
      if (c.c != U' ') words.back().push_back(c);
      if (alone) words.emplace_back();
    }
    std::erase_if(words, [](const auto& word) { return word.empty(); });
    return words;
  }

  void encode_plain(const std::u32string& text, size_t begin, size_t end, std::vector<Token>& tokens) const {
    for (const std::vector<Char>& word : words(normalise(text, begin, end))) {
      std::vector<Token> pieces = split(word);
      if (pieces.empty()) pieces = {{special_.unk, word.front().source, word.back().source + 1}};
      tokens.insert(tokens.end(), pieces.begin(), pieces.end());
    }
  }

  // Empty when the word is unknown.
  std::vector<Token> split(const std::vector<Char>& word) const {
    std::vector<Token> pieces;
    if (word.size() > 100) return {};
    for (size_t begin = 0; begin < word.size();) {
      size_t end = word.size();
      while (end > begin && !find(word, begin, end)) --end;
      if (end == begin) return {};
      pieces.push_back({*find(word, begin, end), word[begin].source, word[end - 1].source + 1});
      begin = end;
    }
    return pieces;
  }

  std::optional<int32_t> find(const std::vector<Char>& word, size_t begin, size_t end) const {
    std::u32string piece = begin ? U"##" : U"";
    for (size_t i = begin; i < end; ++i) piece += word[i].c;
    const auto found = ids_.find(to_utf8(piece));
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }

  SpecialTokens special_;
  std::map<std::string, int32_t> ids_;
  std::map<char32_t, CharRange> ranges_;
  std::map<char32_t, CharFold> folds_;
};

void expect_sound_offsets(const std::vector<Token>& tokens, const Text& text, size_t vocab_size) {
  uint32_t last_begin = 0;
  for (const Token& token : tokens) {
    ASSERT_GE(token.id, 0);
    ASSERT_LT(static_cast<size_t>(token.id), vocab_size);
    ASSERT_LT(token.begin, token.end) << text.bytes();
    ASSERT_LE(token.end, text.size()) << text.bytes();
    ASSERT_LE(last_begin, token.begin) << text.bytes();
    last_begin = token.begin;
  }
}

TEST(TokenizerProperty, WordPieceAgreesWithThePlainWriting) {
  const auto tokenizer = rex_tokenizer();
  const PlainWordPiece plain(*tokenizer);
  std::mt19937 random(21);
  for (int round = 0; round < 3000; ++round) {
    const std::u32string points = random_text(random, round % 12);
    const Text text = text_of(to_utf8(points));
    const std::vector<Token> tokens = tokenizer->encode(text);
    ASSERT_EQ(tokens, plain.encode(points)) << text.bytes();
    expect_sound_offsets(tokens, text, tokenizer->vocab_size());
  }
}

// Every code point alone and between letters and ideographs, against the plain writing.
TEST(TokenizerProperty, EveryCodePoint) {
  const auto tokenizer = bert_tokenizer();
  const PlainWordPiece plain(*tokenizer);
  std::u32string points;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    if (c > 0x33480 && c < 0xDFF00) continue;  // unassigned
    if (c > 0xE0200 && c < 0x10FF00) continue;
    points += {c, U' ', U'a', c, U'B', U'你', c, U'好'};
    if (points.size() < 4000) continue;
    ASSERT_EQ(tokenizer->encode(text_of(to_utf8(points))), plain.encode(points)) << static_cast<uint32_t>(c);
    points.clear();
  }
  ASSERT_EQ(tokenizer->encode(text_of(to_utf8(points))), plain.encode(points));
}

// The text that a known piece's offsets cut out, tokenised alone, gives that piece back (as a first piece where it has
// continued a word).
TEST(TokenizerProperty, SlicesGiveTheirPiecesBack) {
  const auto tokenizer = rex_tokenizer();
  const SpecialTokens& special = tokenizer->special();
  size_t checked = 0;
  for (const nlohmann::json& line : golden_lines("tokenizer/tokenizer-public-official.jsonl.xz")) {
    if (line["cat"] != "real") continue;
    const Text text = text_of(line["text"]);
    for (const Token& token : tokenizer->encode(text)) {
      if (token.id == special.unk || tokenizer->continues_word(token.id)) continue;
      const std::vector<Token> alone = tokenizer->encode(text_of(std::string(text.slice(token.begin, token.end))));
      ASSERT_EQ(alone.size(), 1u) << line;
      ASSERT_EQ(alone[0], (Token{token.id, 0, token.end - token.begin})) << line;
      ++checked;
    }
  }
  EXPECT_GT(checked, 30000u);
}

TEST(TokenizerProperty, SentencepieceOffsetsAreSound) {
  const auto tokenizer = spm_tokenizer();
  std::mt19937 random(22);
  for (int round = 0; round < 1000; ++round) {
    const Text text = text_of(to_utf8(random_text(random, round % 12)));
    expect_sound_offsets(tokenizer->encode(text), text, tokenizer->vocab_size());
  }
}

// Windows cover every token, none is longer than the room, neighbours share the stride.
TEST(TokenizerProperty, WindowsCoverEverything) {
  for (uint32_t room = 1; room < 12; ++room) {
    for (uint32_t stride = 0; stride < room; ++stride) {
      for (uint32_t tokens = 0; tokens < 40; ++tokens) {
        const std::vector<TokenRange> windows = token_windows(tokens, room, stride);
        ASSERT_EQ(windows.front().begin, 0u);
        ASSERT_EQ(windows.back().end, tokens);
        for (size_t i = 0; i < windows.size(); ++i) {
          ASSERT_LE(windows[i].end - windows[i].begin, room);
          if (i + 1 == windows.size()) continue;
          ASSERT_EQ(windows[i].end - windows[i].begin, room);
          ASSERT_LT(windows[i].end, tokens);
          ASSERT_EQ(windows[i + 1].begin, windows[i].end - stride);
        }
      }
    }
  }
}

TEST(TokenizerProperty, ManyThreadsOneTokenizer) {
  for (const auto& tokenizer : {rex_tokenizer(), spm_tokenizer()}) {
    std::mt19937 random(23);
    const Text text = text_of(to_utf8(random_text(random, 60)));
    const std::vector<Token> expected = tokenizer->encode(text);
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 50; ++round) wrong += tokenizer->encode(text) != expected;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
  }
}

}  // namespace
}  // namespace uie
