// The place of a hit in the caller's text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "extract/rex_request.h"
#include "extract/rex_windows.h"

namespace uie {

// Code points [begin, end); end < begin when the span ends on the final [SEP], whose offset is (0, 0): the text is
// empty then (golden note `sep_tail`).
struct Span {
  uint32_t begin, end;
};

// The span from token `head` to token `tail` of the run's query (both of the text part), leading U+0020 trimmed.
// Nothing when only spaces follow: the reference discards such hits silently (spec/rex.md §9).
inline std::optional<Span> span_of(const RexRequest& request, const Run& run, uint32_t text_begin, uint32_t head,
                                   uint32_t tail) {
  const auto offset = [&](uint32_t index) {
    const uint32_t token = run.tokens.begin + (index - text_begin);
    return token < run.tokens.end ? request.tokens[token] : Token{0, 0, 0};
  };
  const Text& text = request.task.text;
  Span span{offset(head).begin, offset(tail).end};
  while (span.begin < text.size() && text.at(span.begin) == U' ') ++span.begin;
  if (span.begin >= text.size()) return std::nullopt;
  return span;
}

inline std::string_view text_of(const RexRequest& request, Span span) {
  if (span.end <= span.begin) return {};
  return request.task.text.slice(span.begin, span.end);
}

}  // namespace uie
