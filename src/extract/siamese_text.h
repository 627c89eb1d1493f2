// The text of one extraction as the encoder reads it: framed tokens, their windows, and where prompts stand behind
// them. Source: spec/siamese.md §2 to §4.
#pragma once

#include <cstdint>
#include <vector>

#include "uie/model/query.h"
#include "uie/text/tokenizer.h"

namespace uie {

inline constexpr uint32_t kSiameseWindow = 384;  // tokens of a window at most
inline constexpr uint32_t kSiameseOverlap = 32;  // tokens that neighbouring windows share

struct SiameseText {
  std::vector<Token> tokens;        // [CLS] … [SEP]; offsets of the frame are [0, 0)
  std::vector<TokenRange> windows;  // those that are read; at most two cover a token
  size_t wanted_windows = 0;        // that the whole text would need
  int32_t prompt_position = 0;      // of a prompt's first token: the reference pads the windows of a long text to 384

  // Tokens that a window covers.
  uint32_t size() const { return windows.empty() ? 0 : windows.back().end; }
};

SiameseText lay_out_siamese(const Tokenizer& tokenizer, const Text& text, size_t max_windows);

PointerQuery make_query(const SiameseText& text, uint32_t window, std::vector<int32_t> prompt);

}  // namespace uie
