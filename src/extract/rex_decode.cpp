#include "extract/rex_decode.h"

#include <algorithm>
#include <bit>

#include "extract/rex_windows.h"

namespace uie {
namespace {

// For each text token the set of types, as bits.
class TypeSets {
 public:
  TypeSets(uint32_t tokens, size_t types) : words_((types + 63) / 64), bits_(tokens * words_) {}

  void add(uint32_t token, uint32_t type) { bits_[token * words_ + type / 64] |= uint64_t{1} << (type % 64); }
  const uint64_t* of(uint32_t token) const { return bits_.data() + token * words_; }
  size_t words() const { return words_; }

 private:
  size_t words_;
  std::vector<uint64_t> bits_;
};

class HitFinder {
 public:
  HitFinder(const LinkIndex& links, const Hint& hint)
      : links_(links),
        hint_(hint),
        text_(text_begin(hint)),
        begins_(links.length() - text_, hint.types.size()),
        ends_(links.length() - text_, hint.types.size()) {
    mark_ends();
    mark_begins();
  }

  Hits find(size_t max_hits) {
    Hits found;
    for (uint32_t head = text_; head < links_.length() && !found.cut; ++head) {
      if (!begins_any(head)) continue;
      const auto [first, last] = links_.row(head);
      const auto left_of_head = [](const Link& link, uint32_t col) { return link.col < col; };
      for (const Link* span = std::lower_bound(first, last, head, left_of_head); span != last && !found.cut; ++span) {
        add_types(*span, max_hits, found);
      }
    }
    return found;
  }

 private:
  // κ → t: the rows of the types.
  void mark_ends() {
    for (uint32_t type = 0; type < hint_.types.size(); ++type) {
      const auto [first, last] = links_.row(hint_.types[type].token);
      for (const Link* link = first; link != last; ++link) {
        if (link->col >= text_) ends_.add(link->col - text_, type);
      }
    }
  }

  // h → κ: the columns of the types in the rows of the text.
  void mark_begins() {
    std::vector<int32_t> type_at(text_, -1);
    for (uint32_t type = 0; type < hint_.types.size(); ++type)
      type_at[hint_.types[type].token] = static_cast<int32_t>(type);
    for (uint32_t head = text_; head < links_.length(); ++head) {
      const auto [first, last] = links_.row(head);
      for (const Link* link = first; link != last && link->col < text_; ++link) {
        if (type_at[link->col] >= 0) begins_.add(head - text_, static_cast<uint32_t>(type_at[link->col]));
      }
    }
  }

  bool begins_any(uint32_t head) const {
    const uint64_t* bits = begins_.of(head - text_);
    return std::any_of(bits, bits + begins_.words(), [](uint64_t word) { return word != 0; });
  }

  void add_types(const Link& span, size_t max_hits, Hits& found) const {
    const uint64_t* begins = begins_.of(span.row - text_);
    const uint64_t* ends = ends_.of(span.col - text_);
    for (size_t word = 0; word < begins_.words(); ++word) {
      for (uint64_t both = begins[word] & ends[word]; both != 0; both &= both - 1) {
        found.cut = found.hits.size() >= max_hits;
        if (found.cut) return;
        const auto type = static_cast<uint32_t>(word * 64 + static_cast<size_t>(std::countr_zero(both)));
        const uint32_t token = hint_.types[type].token;
        found.hits.push_back(
            {span.row, span.col, type, &span, links_.find(span.row, token), links_.find(token, span.col)});
      }
    }
  }

  const LinkIndex& links_;
  const Hint& hint_;
  const uint32_t text_;  // first text token
  TypeSets begins_, ends_;
};

}  // namespace

Result<LinkIndex> LinkIndex::over(const std::vector<Link>& links, uint32_t length) {
  LinkIndex index;
  index.links_ = links.data();
  index.row_begin_.assign(length + 1, 0);
  for (size_t i = 0; i < links.size(); ++i) {
    const Link& link = links[i];
    if (link.row >= length || link.col >= length) return fail(ErrorCode::internal, "a link lies outside its query");
    const bool follows =
        i == 0 || links[i - 1].row < link.row || (links[i - 1].row == link.row && links[i - 1].col < link.col);
    if (!follows) return fail(ErrorCode::internal, "links are not in row major order");
    index.row_begin_[link.row + 1] = static_cast<uint32_t>(i + 1);
  }
  for (uint32_t row = 0; row < length; ++row) {
    index.row_begin_[row + 1] = std::max(index.row_begin_[row + 1], index.row_begin_[row]);
  }
  return index;
}

const Link* LinkIndex::find(uint32_t row_number, uint32_t col) const {
  const auto [first, last] = row(row_number);
  const auto before = [](const Link& link, uint32_t wanted) { return link.col < wanted; };
  const Link* found = std::lower_bound(first, last, col, before);
  return found != last && found->col == col ? found : nullptr;
}

Hits find_hits(const LinkIndex& links, const Hint& hint, size_t max_hits) {
  return HitFinder(links, hint).find(max_hits);
}

}  // namespace uie
