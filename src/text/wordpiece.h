// The BERT tokeniser in its fast form: normalise, split into words, longest pieces first.
//
// Source: spec/siamese.md §2 and spec/rex.md §4. Google's description: Wu et al. 2016, §4.1 (wordpieces), and BERT's
// published code for the rest. Three passes in the original (normalise, split, match) are one here: every character
// either goes into the word being collected or ends it, and a word is matched in place as soon as it ends.
#pragma once

#include <memory>
#include <string>

#include "text/char_actions.h"
#include "text/piece_trie.h"
#include "text/special_tokens.h"
#include "text/vocabulary.h"
#include "uie/text/tokenizer.h"

namespace uie {

struct WordPieceOptions {
  CharOptions chars;
  bool rex_specials = false;  // append [PREFIX] [TYPE] [CLASSIFY] [MULTICLASSIFY]
};

class WordPieceTokenizer final : public Tokenizer {
 public:
  // Errors: corrupt_checkpoint when [UNK], [CLS] or [SEP] is missing, `where` = `name`.
  static Result<std::shared_ptr<const WordPieceTokenizer>> make(Vocabulary vocabulary, const WordPieceOptions& options,
                                                                const std::string& name);

  std::vector<Token> encode(const Text& text) const override;
  const SpecialTokens& special() const override { return special_; }
  size_t vocab_size() const override { return vocabulary_.size(); }
  std::string_view piece(int32_t id) const override { return vocabulary_.piece(id); }

 private:
  class Run;

  WordPieceTokenizer(Vocabulary vocabulary, const SpecialTokens& special, const CharOptions& options);

  Vocabulary vocabulary_;
  SpecialTokens special_;
  SpecialLiterals literals_;
  PieceTrie trie_;
  PieceTrie::Node inside_;  // where the pieces that continue a word begin: the node of "##", or kNone
  CharActions actions_;
};

}  // namespace uie
