#include "extract/rex_layout.h"

#include <algorithm>
#include <numeric>

namespace uie {
namespace {

// The hint's positions, groups and slots. Returns the first position after it.
int32_t lay_out_hint(const Hint& hint, LinkQuery& query) {
  int32_t group = 0, slot = 0, after_prefix = 1, last = 0;
  for (size_t i = 0; i < hint.segments.size(); ++i) {
    const auto [begin, is_prefix] = hint.segments[i];
    const uint32_t end = i + 1 < hint.segments.size() ? hint.segments[i + 1].begin : hint.size() - 1;
    const auto length = static_cast<int32_t>(end - begin);
    if (is_prefix) {
      ++group;
      slot = 0;
      after_prefix = 1 + length;
    } else {
      ++slot;
    }
    const int32_t first = is_prefix ? 1 : after_prefix;
    std::iota(query.positions.begin() + begin, query.positions.begin() + end, first);
    std::fill(query.groups.begin() + begin, query.groups.begin() + end, group);
    std::fill(query.slots.begin() + begin, query.slots.begin() + end, slot);
    last = std::max(last, first + length - 1);
  }
  return last + 1;
}

}  // namespace

LinkQuery lay_out(const Hint& hint, std::vector<int32_t> text_ids) {
  const size_t length = hint.size() + text_ids.size() + 1;
  LinkQuery query;
  query.ids.reserve(length);
  query.ids = hint.ids;
  query.ids.insert(query.ids.end(), text_ids.begin(), text_ids.end());
  query.ids.push_back(hint.ids.back());
  query.segments.assign(length, 1);
  std::fill_n(query.segments.begin(), hint.size(), 0);
  query.positions.assign(length, 0);
  query.groups.assign(length, 0);
  query.slots.assign(length, 0);
  const int32_t text_position = lay_out_hint(hint, query);
  // The text segment begins with the [SEP] after the hint.
  std::iota(query.positions.begin() + hint.size() - 1, query.positions.end(), text_position);
  return query;
}

}  // namespace uie
