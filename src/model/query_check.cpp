#include "model/query_check.h"

#include <algorithm>
#include <vector>

namespace uie::model {
namespace {

std::string outside(const std::vector<int32_t>& numbers, int64_t end, const char* what) {
  const auto bad = std::find_if(numbers.begin(), numbers.end(), [&](int32_t x) { return x < 0 || x >= end; });
  if (bad == numbers.end()) return {};
  return std::string(what) + " " + std::to_string(*bad) + " of token " + std::to_string(bad - numbers.begin()) +
         " is outside 0.." + std::to_string(end - 1);
}

std::string wrong_length(const LinkQuery& query, const QueryLimits& limits) {
  const size_t length = query.ids.size();
  if (length == 0) return "the query has no tokens";
  if (static_cast<int64_t>(length) > limits.length) {
    return "the query has " + std::to_string(length) + " tokens, the model takes " + std::to_string(limits.length);
  }
  const bool segments_fit = query.segments.size() == length || (limits.segments == 0 && query.segments.empty());
  if (query.positions.size() != length || query.groups.size() != length || query.slots.size() != length ||
      !segments_fit) {
    return "ids, segments, positions, groups and slots differ in length";
  }
  return {};
}

}  // namespace

std::string find_fault(const LinkQuery& query, const QueryLimits& limits) {
  if (std::string fault = wrong_length(query, limits); !fault.empty()) return fault;
  if (std::string fault = outside(query.ids, limits.vocabulary, "id"); !fault.empty()) return fault;
  if (std::string fault = outside(query.positions, limits.positions, "position"); !fault.empty()) return fault;
  if (limits.segments > 0) {
    if (std::string fault = outside(query.segments, limits.segments, "segment"); !fault.empty()) return fault;
  }
  for (const Cell& cell : query.probes) {
    if (cell.row >= query.ids.size() || cell.col >= query.ids.size()) return "a probe lies outside the link matrix";
  }
  return {};
}

std::string find_fault(const PointerQuery& query, const QueryLimits& limits) {
  if (query.text_ids.empty()) return "the query has no text tokens";
  if (query.hint_ids.empty()) return "the query has no hint tokens";
  if (std::string fault = outside(query.text_ids, limits.vocabulary, "text id"); !fault.empty()) return fault;
  if (std::string fault = outside(query.hint_ids, limits.vocabulary, "hint id"); !fault.empty()) return fault;
  const auto positions = [&](int64_t first, const std::vector<int32_t>& ids, const char* what) {
    const int64_t end = first + static_cast<int64_t>(ids.size());
    if (first >= 0 && end <= limits.positions) return std::string();
    return std::string(what) + " positions " + std::to_string(first) + " to " + std::to_string(end - 1) +
           " are outside 0.." + std::to_string(limits.positions - 1);
  };
  if (std::string fault = positions(0, query.text_ids, "text"); !fault.empty()) return fault;
  return positions(query.hint_position, query.hint_ids, "hint");
}

}  // namespace uie::model
