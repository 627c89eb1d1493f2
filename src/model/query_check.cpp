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

}  // namespace uie::model
