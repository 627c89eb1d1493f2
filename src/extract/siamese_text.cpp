#include "extract/siamese_text.h"

#include <algorithm>

namespace uie {

SiameseText lay_out_siamese(const Tokenizer& tokenizer, const Text& text, size_t max_windows) {
  SiameseText laid_out;
  laid_out.tokens = tokenizer.encode(text);
  laid_out.tokens.insert(laid_out.tokens.begin(), {tokenizer.special().cls, 0, 0});
  laid_out.tokens.push_back({tokenizer.special().sep, 0, 0});
  const auto tokens = static_cast<uint32_t>(laid_out.tokens.size());
  laid_out.windows = token_windows(tokens, kSiameseWindow, kSiameseOverlap);
  laid_out.wanted_windows = laid_out.windows.size();
  laid_out.windows.resize(std::min(laid_out.windows.size(), max_windows));
  laid_out.prompt_position = static_cast<int32_t>(std::min(tokens, kSiameseWindow));
  return laid_out;
}

PointerQuery make_query(const SiameseText& text, uint32_t window, std::vector<int32_t> prompt) {
  PointerQuery query;
  const auto [begin, end] = text.windows[window];
  query.text_ids.reserve(end - begin);
  for (uint32_t i = begin; i < end; ++i) query.text_ids.push_back(text.tokens[i].id);
  query.hint_ids = std::move(prompt);
  query.hint_position = text.prompt_position;
  return query;
}

}  // namespace uie
