// The helper itself: groups and slots derived from token ids must give exactly the pairs the reference blocked.
#include "model/golden_queries.h"

#include <gtest/gtest.h>

namespace uie::test {
namespace {

std::vector<char> visible_by_blocked(const nlohmann::json& blocked, size_t length) {
  std::vector<char> visible(length * length, 1);
  for (const auto& entry : blocked) {
    for (size_t row = entry[0]; row < entry[1]; ++row) {
      for (const auto& columns : entry[2]) {
        for (size_t col = columns[0]; col < columns[1]; ++col) visible[row * length + col] = 0;
      }
    }
  }
  return visible;
}

std::vector<char> visible_by_slots(const LinkQuery& q) {
  std::vector<char> visible;
  for (size_t i = 0; i < q.ids.size(); ++i) {
    for (size_t j = 0; j < q.ids.size(); ++j) {
      const bool shared = q.groups[i] == 0 || q.groups[j] == 0;
      const bool same = q.groups[i] == q.groups[j] && (q.slots[i] == 0 || q.slots[j] == 0 || q.slots[i] == q.slots[j]);
      visible.push_back(shared || same);
    }
  }
  return visible;
}

TEST(GoldenQueries, DerivedVisibilityIsTheReferences) {
  size_t checked = 0;
  for (const char* folder : {"ck_base", "ck_logbucket", "ck_nobucket", "ck_p2c", "ck_plain"}) {
    for (const GoldenQuery& golden : golden_queries(std::string("rex/") + folder + "/golden.jsonl.xz")) {
      ASSERT_EQ(visible_by_slots(golden.query), visible_by_blocked(golden.blocked, golden.query.ids.size()))
          << folder << " " << golden.name;
      ++checked;
    }
  }
  EXPECT_EQ(checked, 529U);
}

}  // namespace
}  // namespace uie::test
