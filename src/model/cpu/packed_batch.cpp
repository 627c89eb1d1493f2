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
  clear();
  for (const LinkQuery* query : queries) {
    texts.push_back(describe(*query, tokens()));
    append(ids, query->ids);
    append(segments, query->segments);
    append(positions, query->positions);
    append(groups, query->groups);
    append(slots, query->slots);
  }
}

void PackedBatch::clear() {
  for (std::vector<int32_t>* list : {&ids, &segments, &positions, &groups, &slots}) list->clear();
  texts.clear();
}

void PackedBatch::add(std::span<const int32_t> token_ids, int32_t segment, int32_t first_position) {
  const size_t begin = tokens(), end = begin + token_ids.size();
  texts.push_back({begin, token_ids.size(), static_cast<size_t>(first_position) + token_ids.size(), 0});
  ids.insert(ids.end(), token_ids.begin(), token_ids.end());
  segments.resize(end, segment);
  for (size_t i = 0; i < token_ids.size(); ++i) positions.push_back(first_position + static_cast<int32_t>(i));
  groups.resize(end, 0);
  slots.resize(end, 0);
}

void PackedBatch::add_blank(size_t length) {
  texts.push_back({tokens(), length, 1, 0});
  for (std::vector<int32_t>* list : {&ids, &segments, &positions, &groups, &slots}) list->resize(list->size() + length);
}

}  // namespace uie::model::cpu
