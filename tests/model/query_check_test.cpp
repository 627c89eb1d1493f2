#include "model/query_check.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace uie::model {
namespace {

constexpr QueryLimits kLimits = {.vocabulary = 10, .positions = 20, .segments = 2, .length = 4};

LinkQuery fine() {
  LinkQuery query;
  query.ids = {1, 9, 2};
  query.segments = {0, 0, 1};
  query.positions = {0, 1, 19};
  query.groups = {0, 1, 0};
  query.slots = {0, 0, 0};
  query.probes = {{0, 2}, {2, 0}};
  return query;
}

TEST(QueryCheck, EachFaultIsFoundAndNothingElse) {
  EXPECT_EQ(find_fault(fine(), kLimits), "");
  constexpr int32_t lowest = std::numeric_limits<int32_t>::min(), highest = std::numeric_limits<int32_t>::max();
  const std::vector<std::pair<const char*, std::function<void(LinkQuery&)>>> faults = {
      {"no tokens", [](auto& q) { q = {}; }},
      {"id 10 ", [](auto& q) { q.ids[1] = 10; }},
      {"id -1 ", [](auto& q) { q.ids[0] = -1; }},
      {"id ", [](auto& q) { q.ids[2] = highest; }},
      {"id ", [](auto& q) { q.ids[2] = lowest; }},
      {"position 20 ", [](auto& q) { q.positions[2] = 20; }},
      {"position ", [](auto& q) { q.positions[2] = lowest; }},
      {"segment 2 ", [](auto& q) { q.segments[2] = 2; }},
      {"differ in length", [](auto& q) { q.segments.clear(); }},
      {"differ in length", [](auto& q) { q.positions.pop_back(); }},
      {"differ in length", [](auto& q) { q.groups.push_back(0); }},
      {"differ in length", [](auto& q) { q.slots.clear(); }},
      {"probe", [](auto& q) { q.probes[1].row = 3; }},
      {"probe", [](auto& q) { q.probes[0].col = 3; }},
      {"takes 4", [](auto& q) { q.ids.assign(5, 1); }},
  };
  for (const auto& [message, spoil] : faults) {
    LinkQuery query = fine();
    spoil(query);
    EXPECT_NE(find_fault(query, kLimits).find(message), std::string::npos)
        << message << ": " << find_fault(query, kLimits);
  }
}

TEST(QueryCheck, SegmentsDoNotMatterWithoutSegmentEmbedding) {
  QueryLimits limits = kLimits;
  limits.segments = 0;
  LinkQuery query = fine();
  query.segments = {7, 7, 7};
  EXPECT_EQ(find_fault(query, limits), "");
  query.segments.clear();
  EXPECT_EQ(find_fault(query, limits), "");
}

TEST(QueryCheck, EachFaultOfAPointerQueryIsFound) {
  PointerQuery whole;
  whole.text_ids = {0, 9, 2, 3};
  whole.hint_ids = {1, 2};
  whole.hint_position = 18;
  EXPECT_EQ(find_fault(whole, kLimits), "");
  constexpr int32_t highest = std::numeric_limits<int32_t>::max();
  const std::vector<std::pair<const char*, std::function<void(PointerQuery&)>>> faults = {
      {"no text tokens", [](auto& q) { q.text_ids.clear(); }},
      {"no hint tokens", [](auto& q) { q.hint_ids.clear(); }},
      {"text id 10 of token 1", [](auto& q) { q.text_ids[1] = 10; }},
      {"hint id -1 of token 0", [](auto& q) { q.hint_ids[0] = -1; }},
      {"text positions 0 to 20", [](auto& q) { q.text_ids.assign(21, 1); }},
      {"hint positions 19 to 20", [](auto& q) { q.hint_position = 19; }},
      {"hint positions -1 to 0", [](auto& q) { q.hint_position = -1; }},
      {"hint positions 2147483647 to 2147483648", [](auto& q) { q.hint_position = highest; }},
  };
  for (const auto& [message, spoil] : faults) {
    PointerQuery query = whole;
    spoil(query);
    EXPECT_NE(find_fault(query, kLimits).find(message), std::string::npos) << find_fault(query, kLimits);
  }
}

}  // namespace
}  // namespace uie::model
