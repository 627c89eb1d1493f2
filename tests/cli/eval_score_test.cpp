#include "cli/eval_score.h"

#include <gtest/gtest.h>

namespace uie::cli {
namespace {

Chain chain(const std::string& type, uint32_t begin, uint32_t end) { return {Item{type, "x", begin, end, 0.5}}; }

TEST(EvalScore, CountsStrictlyAndMergesDuplicates) {
  SourceScore score;
  // Right: 人物 at [0,2], twice predicted, once with outer space. Wrong: an offset off by one. Missed: 地点.
  add_row(score, {chain("人物", 0, 2), chain("地点", 3, 5)},
          {chain("人物", 0, 2), chain(" 人物 ", 0, 2), chain("地点", 3, 6)});
  EXPECT_EQ(score.all.right, 1u);
  EXPECT_EQ(score.all.predicted, 2u);
  EXPECT_EQ(score.all.expected, 2u);
  EXPECT_DOUBLE_EQ(score.all.f1(), 0.5);
  EXPECT_EQ(score.exact_rows, 0u);
  EXPECT_EQ(score.labels.at("人物").right, 1u);
  EXPECT_EQ(score.labels.at("地点").right, 0u);
  add_row(score, {}, {});  // nothing to find, nothing found: a right row
  EXPECT_DOUBLE_EQ(score.accuracy(), 0.5);
}

TEST(EvalScore, NoTuplesAtAllScoresZeroAndNotNaN) {
  SourceScore score;
  add_row(score, {chain("a", 0, 1)}, {});
  EXPECT_EQ(score.all.precision(), 0);
  EXPECT_EQ(score.all.f1(), 0);
}

TEST(EvalScore, TuplesDifferWhenAnyItemOfThePathDoes) {
  SourceScore score;
  const Chain first{Item{"公司", "甲", 0, 1, 0}, Item{"创始人", "乙", 2, 3, 0}};
  Chain second = first;
  second[0].begin = 5;
  second[0].end = 6;
  add_row(score, {first}, {second});
  EXPECT_EQ(score.all.right, 0u);
  EXPECT_EQ(score.labels.size(), 1u);
  EXPECT_EQ(score.labels.begin()->first, "公司 / 创始人");
}

TEST(EvalScore, BadAnswersAreNamed) {
  const auto bad = parse_answer(Json::parse(R"([[{"type":"a","span":"b","offset":[0]}]])"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().where, "/answer/0/0");
}

}  // namespace
}  // namespace uie::cli
