#include "text/wordpiece.h"

#include "text/charmap.h"
#include "text/utf8.h"

namespace uie {
namespace {

constexpr std::string_view kInside = "##";

// A word longer than this, in folded characters, is one [UNK]: max_input_chars_per_word of the published tokeniser.
constexpr uint32_t kMaxWordChars = 100;

// A longer piece can match no word; leaving it out also bounds the trie's depth.
constexpr size_t kMaxPieceBytes = kInside.size() + 4 * kMaxWordChars;

// The word being collected: its folded UTF-8, and for each byte the code point of the text that it came from.
struct Word {
  char bytes[4 * kMaxWordChars];
  uint32_t source[4 * kMaxWordChars];
  uint32_t length = 0;  // bytes; those of the first 100 characters
  uint32_t chars = 0;   // characters, also those that found no room
  uint32_t first = 0, last = 0;

  void append(char32_t c, uint32_t index) {
    if (chars == 0) first = index;
    last = index;
    if (chars++ >= kMaxWordChars) return;
    const uint32_t stop = length + utf8::put(c, bytes + length);
    while (length < stop) source[length++] = index;
  }

  std::string_view view() const { return {bytes, length}; }
  void clear() { length = chars = 0; }
};

std::vector<PieceTrie::Piece> trie_pieces(const Vocabulary& vocabulary) {
  std::vector<PieceTrie::Piece> pieces;
  pieces.reserve(vocabulary.size());
  for (int32_t id = 0; id < static_cast<int32_t>(vocabulary.size()); ++id) {
    const std::string_view bytes = vocabulary.piece(id);
    if (!bytes.empty() && bytes.size() <= kMaxPieceBytes) pieces.push_back({bytes, id});
  }
  return pieces;
}

int32_t id_of_char(const PieceTrie& trie, char32_t c, int32_t unk) {
  char bytes[4];
  const int32_t id = trie.id(trie.find(PieceTrie::kRoot, {bytes, utf8::put(c, bytes)}));
  return id >= 0 ? id : unk;
}

}  // namespace

// One encode(): reads the text, collects words, writes tokens.
class WordPieceTokenizer::Run {
 public:
  Run(const WordPieceTokenizer& tokenizer, const Text& text) : tokenizer_(tokenizer), text_(text) {
    tokens_.reserve(text.size());
  }

  std::vector<Token> tokens() {
    const char* at = text_.bytes().data();
    const char* const end = at + text_.bytes().size();
    for (uint32_t index = 0; at < end; ++index) step(at, index);
    finish_word();
    return std::move(tokens_);
  }

 private:
  // The code point `index` at `at`; moves both behind what it consumed, `index` one less (the loop adds it).
  void step(const char*& at, uint32_t& index) {
    const char* const start = at;
    const char32_t c = utf8::next(at);
    const CharAction action = tokenizer_.actions_.at(c);
    switch (action.kind()) {
      case CharKind::word:
        word_.append(action.value() ? action.value() : c, index);
        break;
      case CharKind::skip:
        break;
      case CharKind::space:
        finish_word();
        break;
      case CharKind::bracket:
        if (special(start, at, index)) break;
        [[fallthrough]];
      case CharKind::single:
        finish_word();
        tokens_.push_back({static_cast<int32_t>(action.value()), index, index + 1});
        break;
      case CharKind::several:
        append_all(tokenizer_.actions_.several(action.value()), index);
        break;
      case CharKind::hangul: {
        const CharFold jamo = hangul_fold(c);
        append_all(jamo.to, index);
        break;
      }
    }
  }

  // A special token that begins at `start`.
  bool special(const char* start, const char*& at, uint32_t& index) {
    const char* const end = text_.bytes().data() + text_.bytes().size();
    const SpecialLiteral* found = tokenizer_.literals_.match({start, static_cast<size_t>(end - start)});
    if (!found) return false;
    finish_word();
    const auto length = static_cast<uint32_t>(found->literal.size());
    tokens_.push_back({found->id, index, index + length});
    at = start + length;
    index += length - 1;
    return true;
  }

  void append_all(const char32_t* folded, uint32_t index) {
    for (int i = 0; i < 3 && folded[i] != 0; ++i) word_.append(folded[i], index);
  }

  void finish_word() {
    if (word_.chars == 0) return;
    const size_t before = tokens_.size();
    if (word_.chars > kMaxWordChars || !match_word()) {
      tokens_.resize(before);
      tokens_.push_back({tokenizer_.special_.unk, word_.first, word_.last + 1});
    }
    word_.clear();
  }

  // Longest pieces from the left. False when some position has none: then the whole word is unknown.
  bool match_word() {
    PieceTrie::Node from = PieceTrie::kRoot;
    std::string_view rest = word_.view();
    while (!rest.empty()) {
      if (from == PieceTrie::kNone) return false;
      const PieceTrie::Match match = tokenizer_.trie_.longest(from, rest);
      if (match.id < 0) return false;
      const size_t begin = word_.length - rest.size();
      tokens_.push_back({match.id, word_.source[begin], word_.source[begin + match.length - 1] + 1});
      rest.remove_prefix(match.length);
      from = tokenizer_.inside_;
    }
    return true;
  }

  const WordPieceTokenizer& tokenizer_;
  const Text& text_;
  std::vector<Token> tokens_;
  Word word_;
};

Result<std::shared_ptr<const WordPieceTokenizer>> WordPieceTokenizer::make(Vocabulary vocabulary,
                                                                           const WordPieceOptions& options,
                                                                           const std::string& name) {
  SpecialTokens special;
  find_base_specials(special, [&](std::string_view literal) { return vocabulary.find(literal); });
  if (special.unk < 0 || special.cls < 0 || special.sep < 0) {
    return fail(ErrorCode::corrupt_checkpoint, "the vocabulary must have lines [UNK], [CLS] and [SEP]", name);
  }
  if (options.rex_specials) {
    add_rex_specials(special, [&](std::string_view literal) { return vocabulary.add(literal); });
  }
  return std::shared_ptr<const WordPieceTokenizer>(
      new WordPieceTokenizer(std::move(vocabulary), special, options.chars));
}

WordPieceTokenizer::WordPieceTokenizer(Vocabulary vocabulary, const SpecialTokens& special, const CharOptions& options)
    : vocabulary_(std::move(vocabulary)),
      special_(special),
      literals_(special),
      trie_(trie_pieces(vocabulary_)),
      inside_(trie_.find(PieceTrie::kRoot, kInside)),
      actions_(options, [this](char32_t c) { return id_of_char(trie_, c, special_.unk); }) {}

std::vector<Token> WordPieceTokenizer::encode(const Text& text) const { return Run(*this, text).tokens(); }

}  // namespace uie
