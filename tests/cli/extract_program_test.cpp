#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "data_files.h"
#include "program.h"

namespace uie::test {
namespace {

using Json = nlohmann::json;

Json without_confidence(Json tuples) {
  for (Json& tuple : tuples) {
    for (Json& item : tuple) item.erase("confidence");
  }
  return tuples;
}

std::set<std::string> tuple_set(const Json& tuples) {
  std::set<std::string> set;
  for (const Json& tuple : without_confidence(tuples)) set.insert(tuple.dump());
  return set;
}

TEST(ExtractProgram, AnswersEveryLineInOrderAndBadOnesInPlace) {
  const std::string input =
      R"({"id":"a","text":"王小明在北京大学读书。","schema":{"人物":null,"组织机构":null}})"
      "\n"
      "not json\n"
      "\n"
      R"({"id":7,"text":"x","schema":{"人物":[]}})"
      "\n"
      R"({"id":"s","text":"王小明在北京大学读书。","schema":"{\"人物\":null,\"组织机构\":null}"})"
      "\n"
      R"({"id":"e","text":"","schema":{"人物":null}})"
      "\n"
      R"({"id":"u","text":"😀王小明在北京大学读书。","schema":{"人物":null},"options":{"offsets":"utf16"}})";
  const auto result = run_program({"extract"}, input);
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = split_lines(result.out);
  ASSERT_EQ(lines.size(), 6u) << result.out;
  const Json first = Json::parse(lines[0]);
  EXPECT_EQ(first["id"], "a");
  ASSERT_FALSE(first["result"].empty());
  EXPECT_EQ(first["result"][0][0]["span"], "王小明");
  EXPECT_EQ(first["result"][0][0]["offset"], Json({0, 3}));
  EXPECT_GT(first["result"][0][0]["confidence"].get<double>(), 0.5);
  EXPECT_TRUE(Json::parse(lines[1]).contains("error"));
  const Json bad_schema = Json::parse(lines[2]);
  EXPECT_EQ(bad_schema["id"], 7);
  EXPECT_EQ(bad_schema["error"]["pointer"], "/schema/人物");
  EXPECT_EQ(Json::parse(lines[3])["result"], first["result"]);
  EXPECT_EQ(Json::parse(lines[4])["result"], Json::array());
  EXPECT_EQ(Json::parse(lines[5])["result"][0][0]["offset"], Json({2, 5}));
}

// All cases of tests/data/real in one call. Lines with a classification text over one window vote differently on
// purpose (rex.md §10, ours for long texts): listed here.
TEST(ExtractProgram, RealTextsGiveTheReferencesTuples) {
  std::string input;
  std::vector<Json> cases;
  for (const auto& line : xz_lines("real/golden.jsonl.xz")) {
    cases.push_back(Json::parse(line));
    const Json& row = cases.back();
    input += Json{{"id", row["id"]}, {"text", row["text"]}, {"schema", row["schema"]}}.dump() + "\n";
  }
  ASSERT_EQ(cases.size(), 185u);
  const auto result = run_program({"extract"}, input);
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = split_lines(result.out);
  ASSERT_EQ(lines.size(), cases.size());
  std::vector<std::string> different;
  for (size_t i = 0; i < cases.size(); ++i) {
    const Json answer = Json::parse(lines[i]);
    EXPECT_EQ(answer["id"], cases[i]["id"]);
    if (tuple_set(answer.value("result", Json::array())) != tuple_set(cases[i]["result"]))
      different.push_back(cases[i]["id"]);
  }
  EXPECT_EQ(different, std::vector<std::string>{});
}

}  // namespace
}  // namespace uie::test
