// The queries planned for the first level against those that the reference ran. No encoder: pure planning.
#include <gtest/gtest.h>

#include "extract/golden_case.h"
#include "uie/extract/family.h"

namespace uie::test {
namespace {

// Invisible pairs as in the golden files: rows × column ranges, flattened to one string per row.
std::vector<std::vector<bool>> hidden_pairs(const LinkQuery& query) {
  const size_t length = query.ids.size();
  std::vector<std::vector<bool>> hidden(length, std::vector<bool>(length, false));
  for (size_t i = 0; i < length; ++i) {
    for (size_t j = 0; j < length; ++j) {
      const bool either = query.groups[i] == 0 || query.groups[j] == 0;
      const bool same_group = query.groups[i] == query.groups[j];
      const bool slots = query.slots[i] == 0 || query.slots[j] == 0 || query.slots[i] == query.slots[j];
      hidden[i][j] = !(either || (same_group && slots));
    }
  }
  return hidden;
}

std::vector<std::vector<bool>> hidden_pairs(const Json& blocked, size_t length) {
  std::vector<std::vector<bool>> hidden(length, std::vector<bool>(length, false));
  for (const Json& block : blocked) {
    for (size_t i = block[0]; i < block[1].get<size_t>(); ++i) {
      for (const Json& columns : block[2]) {
        for (size_t j = columns[0]; j < columns[1].get<size_t>(); ++j) hidden[i][j] = true;
      }
    }
  }
  return hidden;
}

class GoldenPlan : public testing::TestWithParam<const char*> {};

TEST_P(GoldenPlan, FirstLevelQueriesAreTheReferences) {
  const std::string folder = std::string("rex/") + GetParam();
  const auto family = load_family(data_file(folder), ExtractOptions{});
  ASSERT_TRUE(family) << family.error().message;
  size_t compared = 0;
  for (GoldenCase& c : golden_cases(folder + "/golden.jsonl.xz")) {
    if (!c.json.contains("queries") || c.task.text.empty()) continue;
    SCOPED_TRACE(c.id);
    const std::vector<Query> planned = (*family)->begin(c.task)->next();
    size_t number = 0;
    for (const Json& golden : c.json["queries"]) {
      if (golden["level"] != 0 || golden["blank"] == true) break;
      ASSERT_LT(number, planned.size());
      // The reference changes the text of a classification between groups; ours never does (spec/rex.md §10).
      const auto& query = std::get<LinkQuery>(planned[number++]);
      EXPECT_EQ(query.ids, golden["input_ids"].get<std::vector<int32_t>>());
      EXPECT_EQ(query.positions, golden["position_ids"].get<std::vector<int32_t>>());
      const auto hint_tokens = golden["num_hint_tokens"].get<size_t>();
      EXPECT_EQ(std::count(query.segments.begin(), query.segments.end(), 0), hint_tokens);
      EXPECT_TRUE(hidden_pairs(query) == hidden_pairs(golden["blocked"], query.ids.size()));
      ++compared;
    }
  }
  EXPECT_GT(compared, 40u);
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, GoldenPlan, testing::ValuesIn(kCheckpoints));

}  // namespace
}  // namespace uie::test
