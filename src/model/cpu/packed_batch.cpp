#include "model/cpu/packed_batch.h"

#include <algorithm>

namespace uie::model::cpu {
namespace {

void append(std::vector<int32_t>& to, const std::vector<int32_t>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

PackedText describe(const LinkQuery& query, size_t begin) {
  PackedText text{begin, query.ids.size(), 0, query.ids.size() - 1};
  const std::vector<int32_t>& positions = query.positions;
  text.position_count = static_cast<size_t>(*std::max_element(positions.begin(), positions.end())) + 1;
  while (text.linear_from > 0 && positions[text.linear_from - 1] + 1 == positions[text.linear_from]) --text.linear_from;
  return text;
}

}  // namespace

void PackedBatch::assign(std::span<const LinkQuery* const> queries) {
  for (std::vector<int32_t>* list : {&ids, &segments, &positions, &groups, &slots}) list->clear();
  texts.clear();
  for (const LinkQuery* query : queries) {
    texts.push_back(describe(*query, tokens()));
    append(ids, query->ids);
    append(segments, query->segments);
    append(positions, query->positions);
    append(groups, query->groups);
    append(slots, query->slots);
  }
}

}  // namespace uie::model::cpu
