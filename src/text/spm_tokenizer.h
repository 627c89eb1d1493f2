// Checkpoints that carry spm.model: the sentencepiece library's pieces, with offsets in code points.
//
// Special tokens are matched in the raw text; each stretch between them is encoded on its own, so each gets the
// leading "▁" that the model's normaliser adds. golden/tokenizer/README.md, Sentencepiece.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "text/special_tokens.h"
#include "text/spm/plugin.h"
#include "uie/text/tokenizer.h"

namespace uie {

class SpmTokenizer final : public Tokenizer {
 public:
  // `model`: the bytes of spm.model. [MASK] follows the model's pieces where it is none of them, as the published
  // tokeniser has it, then the four of RexUniNLU if asked for.
  // Errors: corrupt_checkpoint (no sentencepiece model, or no [CLS] or [SEP] piece), `where` = `name`.
  static Result<std::shared_ptr<const SpmTokenizer>> make(std::string_view model, bool rex_specials,
                                                          const std::string& name);

  std::vector<Token> encode(const Text& text) const override;
  const SpecialTokens& special() const override { return special_; }
  size_t vocab_size() const override;
  std::string_view piece(int32_t id) const override;
  bool continues_word(int32_t id) const override { return !piece(id).starts_with("\u2581") && !literals_.contains(id); }

 private:
  using Processor = std::unique_ptr<void, void (*)(void*)>;

  SpmTokenizer(const UieSpmApi& api, Processor processor, const SpecialTokens& special, std::vector<std::string> added);

  // Appends the tokens of the bytes [begin, end) of the text.
  void encode_stretch(const Text& text, size_t begin, size_t end, std::vector<Token>& tokens) const;

  const UieSpmApi& api_;
  Processor processor_;
  SpecialTokens special_;
  std::vector<std::string> added_;  // pieces behind the model's own
  SpecialLiterals literals_;
};

}  // namespace uie
