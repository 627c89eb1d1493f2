// Tokenisers that keep offsets: BERT WordPiece as the published fast tokeniser, and sentencepiece.
//
// Source: spec/rex.md §4, spec/siamese.md §2. A tokenizer is immutable and thread safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "uie/base/result.h"
#include "uie/text/text.h"

namespace uie {

// id: a row of the vocabulary. [begin, end): code points of the original text.
struct Token {
  int32_t id;
  uint32_t begin, end;

  friend bool operator==(const Token&, const Token&) = default;
};

// Ids of the special tokens; -1 where the vocabulary has none. The last four exist for RexUniNLU only.
struct SpecialTokens {
  int32_t pad = -1, unk = -1, cls = -1, sep = -1, mask = -1;
  int32_t prefix = -1, type = -1, classify = -1, multiclassify = -1;
};

// A half-open range of tokens of one text.
struct TokenRange {
  uint32_t begin, end;

  friend bool operator==(const TokenRange&, const TokenRange&) = default;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Tokens of the text without any frame ([CLS], [SEP]). Literal special tokens in the text become their ids.
  virtual std::vector<Token> encode(const Text& text) const = 0;

  virtual const SpecialTokens& special() const = 0;

  // Number of ids, added special tokens included.
  virtual size_t vocab_size() const = 0;

  // The piece of an id as the vocabulary spells it; empty when out of range.
  virtual std::string_view piece(int32_t id) const = 0;

  // True for a piece that goes on with the word of the piece before it ("##…" of a WordPiece vocabulary).
  virtual bool continues_word(int32_t id) const { return piece(id).starts_with("##"); }
};

// The tokenizer of a model directory: vocab.txt (WordPiece) or else spm.model (sentencepiece).
// Where config.json says "deberta-v2" the four added tokens of spec/rex.md §4 follow the vocabulary.
// Of tokenizer_config.json, which may be absent, a vocab.txt heeds do_lower_case (default true: lower-case, decompose,
// drop accents), tokenize_chinese_chars (default true) and strip_accents (null or the same as do_lower_case; else
// `unsupported`). Names of special tokens are those of spec/siamese.md §2; [UNK], [CLS], [SEP] must exist.
// Errors: corrupt_checkpoint; `where` is the file.
Result<std::shared_ptr<const Tokenizer>> load_tokenizer(const std::filesystem::path& model_dir);

// Windows over `tokens` text tokens: each covers up to `room`, neighbours share `stride` tokens, the last one
// reaches the end (spec/rex.md §4, pair encoding). tokens <= room gives the one window [0, tokens).
// Requires room > stride.
std::vector<TokenRange> token_windows(uint32_t tokens, uint32_t room, uint32_t stride);

// What a pair encoding gives, special tokens included. All vectors have the same length.
struct EncodedWindow {
  std::vector<int32_t> ids;
  std::vector<std::pair<uint32_t, uint32_t>> offsets;  // code points; [0,0] for the frame
  std::vector<int32_t> type_ids;                       // segments: 0 hint, 1 text
};

enum class Truncation { only_first, only_second, longest_first };

// `hint` absent: the single sequence [CLS] text [SEP]. Present: [CLS] hint [SEP] text [SEP], windows as the fast
// tokeniser's overflow, its early stop included: nothing behind the word that reaches `max_length` tokens is seen. So
// this is for `uie tokenize` and its like; whoever must cover a whole text uses token_windows.
// Errors: invalid_request with the message "too_short" or "stride" (golden/tokenizer/README.md, Windows); too_large
// when the windows would hold more than 4 million tokens.
Result<std::vector<EncodedWindow>> encode_pair(const Tokenizer& tokenizer, const Text* hint, const Text& text,
                                               uint32_t max_length, uint32_t stride, Truncation truncation);

}  // namespace uie
