// Prompts: the questions of SiameseUIE. Label T below the path (T1,S1), (T2,S2) is asked as `T1: S1, T2: S2, T: `.
//
// Every part ends in a blank, where no token and no literal special token can reach across. So the tokens of a prompt
// are those of its parts, and a path is tokenised once for all labels below it. Source: spec/siamese.md §2, §4, §6.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "uie/text/text.h"
#include "uie/text/tokenizer.h"

namespace uie {

inline constexpr size_t kMaxPromptTokens = 128;  // [CLS] and [SEP] included; what is longer loses its end

// Tokens of `text` without frame.
std::vector<int32_t> token_ids(const Tokenizer& tokenizer, std::string text);

class PromptWriter {
 public:
  explicit PromptWriter(const Tokenizer& tokenizer);

  // Tokens of `path` + `label: span, `, no more than a prompt has room for. `label`: tokens of `label: `. The span is
  // text[begin, end), empty where end <= begin.
  std::vector<int32_t> extend(const std::vector<int32_t>& path, const std::vector<int32_t>& label, const Text& text,
                              uint32_t begin, uint32_t end) const;

  // [CLS] path label [SEP].
  std::vector<int32_t> prompt(const std::vector<int32_t>& path, const std::vector<int32_t>& label) const;

  // True when that prompt loses its end.
  static bool is_cut(const std::vector<int32_t>& path, const std::vector<int32_t>& label) {
    return path.size() + label.size() > kMaxPromptTokens - 2;
  }

 private:
  const Tokenizer& tokenizer_;
  const std::vector<int32_t> separator_;  // `, `
};

}  // namespace uie
