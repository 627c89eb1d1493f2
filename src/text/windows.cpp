// Windows over a token list, and pair encoding as the published fast tokeniser does it, with its refusals and with its
// early stop: golden/tokenizer/windows-*.jsonl hold every branch here.
#include <algorithm>
#include <utility>

#include "uie/text/tokenizer.h"

namespace uie {
namespace {

// A stride just below the room makes nearly as many windows as tokens: bounds what one call may build (64 MiB).
constexpr uint64_t kMaxEncodedTokens = uint64_t{1} << 22;

struct Rooms {
  uint32_t hint, text;  // tokens each part may keep; its whole length when it is not cut
};

// Of two lengths, what each keeps so that their sum is at most `room`: the longer one gives first, then both come to
// half of it, the longer one (the text, if equal) with the odd token.
Rooms share_room(uint32_t hint, uint32_t text, uint32_t room) {
  const uint32_t shorter = std::min(hint, text);
  uint32_t small = shorter;
  uint32_t large = std::max(shorter, room > shorter ? room - shorter : 0);
  if (uint64_t{small} + large > room) {
    small = room / 2;
    large = room - small;
  }
  return hint > text ? Rooms{large, small} : Rooms{small, large};
}

Unexpected too_short() { return fail(ErrorCode::invalid_request, "too_short"); }

Unexpected too_many() {
  return fail(ErrorCode::too_large, "too many windows: take a smaller stride or a shorter text");
}

// `room`: for both parts together.
Result<Rooms> find_rooms(bool pair, uint32_t hint, uint32_t text, int64_t room, Truncation truncation) {
  const int64_t excess = int64_t{hint} + text - room;
  if (excess <= 0) return Rooms{hint, text};
  if (room <= 0) return too_short();
  if (!pair) return Rooms{0, static_cast<uint32_t>(room)};
  if (truncation == Truncation::longest_first) return share_room(hint, text, static_cast<uint32_t>(room));
  const bool cut_hint = truncation == Truncation::only_first;
  const int64_t left = (cut_hint ? hint : text) - excess;
  if (left <= 0) return too_short();
  return cut_hint ? Rooms{static_cast<uint32_t>(left), text} : Rooms{hint, static_cast<uint32_t>(left)};
}

Result<std::vector<TokenRange>> cut(uint32_t tokens, uint32_t room, uint32_t stride) {
  if (tokens > room && room == 0) return too_short();
  if (tokens > room && stride >= room) return fail(ErrorCode::invalid_request, "stride");
  if (tokens > room && uint64_t{(tokens - room) / (room - stride)} * room > kMaxEncodedTokens) {
    return too_many();
  }
  return token_windows(tokens, room, stride);
}

// Special tokens that stand in the text as they are; an unknown word has [UNK]'s id, but does not read "[UNK]".
bool is_literal(const Tokenizer& tokenizer, const Text& text, const Token& token) {
  const std::string_view slice = text.slice(token.begin, token.end);
  return slice.size() > 1 && slice.front() == '[' && slice == tokenizer.piece(token.id);
}

// The published library (tokenizers 0.23) reads no further than the word that reaches `max_length` tokens (literal
// special tokens are no words to it), so windows behind it are missing. We keep that here, where its answers are the
// contract (windows-*.jsonl: nearly every line with two windows); token_windows(), which extraction uses, covers the
// whole text.
std::vector<Token> encode_until(const Tokenizer& tokenizer, const Text& text, uint32_t max_length) {
  std::vector<Token> tokens = tokenizer.encode(text);
  const auto ends_word = [&](size_t stop) {
    return !is_literal(tokenizer, text, tokens[stop - 1]) && !tokenizer.continues_word(tokens[stop].id);
  };
  size_t stop = std::max(max_length, 1u);
  while (stop < tokens.size() && !ends_word(stop)) ++stop;
  if (stop < tokens.size()) tokens.resize(stop);
  return tokens;
}

void append_frame(EncodedWindow& window, int32_t id, int32_t type_id) {
  window.ids.push_back(id);
  window.offsets.emplace_back(0, 0);
  window.type_ids.push_back(type_id);
}

void append_tokens(EncodedWindow& window, const std::vector<Token>& tokens, TokenRange range, int32_t type_id) {
  for (uint32_t i = range.begin; i < range.end; ++i) {
    window.ids.push_back(tokens[i].id);
    window.offsets.emplace_back(tokens[i].begin, tokens[i].end);
    window.type_ids.push_back(type_id);
  }
}

// The window of one range of each part; without a hint the text is segment 0.
EncodedWindow frame(const SpecialTokens& special, const std::vector<Token>* hint, TokenRange hint_range,
                    const std::vector<Token>& text, TokenRange text_range) {
  EncodedWindow window;
  append_frame(window, special.cls, 0);
  if (hint) {
    append_tokens(window, *hint, hint_range, 0);
    append_frame(window, special.sep, 0);
  }
  append_tokens(window, text, text_range, hint ? 1 : 0);
  append_frame(window, special.sep, hint ? 1 : 0);
  return window;
}

// Every range of the hint with every one of the text, in the library's order: the first pair, then the hint's further
// ranges with all of the text's, then the hint's first with the text's further ones.
std::vector<std::pair<TokenRange, TokenRange>> combine(const std::vector<TokenRange>& hints,
                                                       const std::vector<TokenRange>& texts) {
  std::vector<std::pair<TokenRange, TokenRange>> pairs = {{hints[0], texts[0]}};
  for (size_t i = 1; i < hints.size(); ++i) {
    for (const TokenRange& text : texts) pairs.emplace_back(hints[i], text);
  }
  for (size_t i = 1; i < texts.size(); ++i) pairs.emplace_back(hints[0], texts[i]);
  return pairs;
}

}  // namespace

std::vector<TokenRange> token_windows(uint32_t tokens, uint32_t room, uint32_t stride) {
  std::vector<TokenRange> windows;
  uint32_t begin = 0;
  while (tokens - begin > room) {
    windows.push_back({begin, begin + room});
    begin += room - stride;
  }
  windows.push_back({begin, tokens});
  return windows;
}

Result<std::vector<EncodedWindow>> encode_pair(const Tokenizer& tokenizer, const Text* hint, const Text& text,
                                               uint32_t max_length, uint32_t stride, Truncation truncation) {
  const std::vector<Token> hint_tokens = hint ? encode_until(tokenizer, *hint, max_length) : std::vector<Token>();
  const std::vector<Token> text_tokens = encode_until(tokenizer, text, max_length);
  const auto hint_size = static_cast<uint32_t>(hint_tokens.size());
  const auto text_size = static_cast<uint32_t>(text_tokens.size());
  const int64_t room = int64_t{max_length} - (hint ? 3 : 2);
  const auto rooms = find_rooms(hint != nullptr, hint_size, text_size, room, truncation);
  if (!rooms) return Unexpected(rooms.error());
  const auto hint_ranges = cut(hint_size, rooms->hint, stride);
  if (!hint_ranges) return Unexpected(hint_ranges.error());
  const auto text_ranges = cut(text_size, rooms->text, stride);
  if (!text_ranges) return Unexpected(text_ranges.error());
  if (uint64_t{hint_ranges->size()} * text_ranges->size() * max_length > kMaxEncodedTokens) return too_many();
  std::vector<EncodedWindow> windows;
  for (const auto& [hint_range, text_range] : combine(*hint_ranges, *text_ranges)) {
    windows.push_back(frame(tokenizer.special(), hint ? &hint_tokens : nullptr, hint_range, text_tokens, text_range));
  }
  return windows;
}

}  // namespace uie
