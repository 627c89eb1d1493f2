// From sparse links to hits. Source: spec/rex.md §9.
//
// A hit is a span (h, t) of the text and a type κ of the hint with three links: h→t, h→κ and κ→t. The types that a
// token begins and ends are kept as bit sets, so a span costs a few machine words whatever the number of types.
#pragma once

#include <cstdint>
#include <vector>

#include "extract/rex_hints.h"
#include "uie/base/result.h"
#include "uie/model/query.h"

namespace uie {

// The positive links of one query, findable by cell. Borrows `links`.
class LinkIndex {
 public:
  // Errors: internal when a cell lies outside [length, length] or the order is not row major.
  static Result<LinkIndex> over(const std::vector<Link>& links, uint32_t length);

  uint32_t length() const { return static_cast<uint32_t>(row_begin_.size() - 1); }
  std::pair<const Link*, const Link*> row(uint32_t row) const {
    return {links_ + row_begin_[row], links_ + row_begin_[row + 1]};
  }
  // Null when Z[row, col] is not positive.
  const Link* find(uint32_t row, uint32_t col) const;

 private:
  const Link* links_ = nullptr;
  std::vector<uint32_t> row_begin_;  // [length + 1]
};

struct Hit {
  uint32_t head, tail;  // token indices of the query, head <= tail
  uint32_t type;        // index into the hint's types
  const Link *span, *head_type, *type_tail;
};

// Hits by head, then tail, then hint order; no more than `max_hits` (the rest is cut, `cut` says so).
struct Hits {
  std::vector<Hit> hits;
  bool cut = false;
};
Hits find_hits(const LinkIndex& links, const Hint& hint, size_t max_hits);

}  // namespace uie
