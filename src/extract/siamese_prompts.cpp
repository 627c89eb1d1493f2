#include "extract/siamese_prompts.h"

#include <algorithm>

namespace uie {
namespace {

constexpr size_t kRoom = kMaxPromptTokens - 2;

// Of a span, this much is tokenised. That is more than a prompt has room for unless nearly all of it makes no token; it
// bounds what a text of a million zero-width spaces can cost.
constexpr uint32_t kMaxSpanChars = 16'384;

void append(std::vector<int32_t>& ids, const std::vector<int32_t>& more) {
  const size_t count = std::min(more.size(), kRoom - std::min(kRoom, ids.size()));
  ids.insert(ids.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

std::vector<int32_t> token_ids(const Tokenizer& tokenizer, std::string text) {
  const Text checked = Text::from_utf8(std::move(text)).value_or(Text());
  std::vector<int32_t> ids;
  for (const Token& token : tokenizer.encode(checked)) ids.push_back(token.id);
  return ids;
}

PromptWriter::PromptWriter(const Tokenizer& tokenizer)
    : tokenizer_(tokenizer), separator_(token_ids(tokenizer, ", ")) {}

std::vector<int32_t> PromptWriter::extend(const std::vector<int32_t>& path, const std::vector<int32_t>& label,
                                          const Text& text, uint32_t begin, uint32_t end) const {
  std::vector<int32_t> ids = path;
  append(ids, label);
  if (ids.size() == kRoom) return ids;
  if (begin < end) {
    append(ids, token_ids(tokenizer_, std::string(text.slice(begin, std::min(end, begin + kMaxSpanChars)))));
  }
  append(ids, separator_);
  return ids;
}

std::vector<int32_t> PromptWriter::prompt(const std::vector<int32_t>& path, const std::vector<int32_t>& label) const {
  std::vector<int32_t> ids;
  ids.reserve(kMaxPromptTokens);
  ids.push_back(tokenizer_.special().cls);
  ids.insert(ids.end(), path.begin(), path.end());
  const size_t room = kRoom - path.size();
  ids.insert(ids.end(), label.begin(), label.begin() + static_cast<std::ptrdiff_t>(std::min(room, label.size())));
  ids.push_back(tokenizer_.special().sep);
  return ids;
}

}  // namespace uie
