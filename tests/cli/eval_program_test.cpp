#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "data_files.h"
#include "program.h"

namespace uie::test {
namespace {

using Json = nlohmann::json;

// A stand-in for the whole development files (tests/data/eval/README.md).
TEST(EvalProgram, TheSampleScoresWhatItScoredWhenRealTextsMetTheReference) {
  const auto result = run_program({"eval", data_file("eval/sample.jsonl.xz").string(), "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json scores = Json::parse(result.out);
  const Json expected = Json::parse(read_file(data_file("eval/expected.json")));
  ASSERT_EQ(scores.size(), expected.size());
  for (const auto& [source, want] : expected.items()) {
    ASSERT_TRUE(scores.contains(source)) << source;
    EXPECT_EQ(scores[source]["n"], want["n"]);
    // One row of 20 may fall the other way on another processor.
    EXPECT_NEAR(scores[source]["f1"].get<double>(), want["f1"].get<double>(), 0.06) << source;
    EXPECT_NEAR(scores[source]["accuracy"].get<double>(), want["accuracy"].get<double>(), 0.051) << source;
  }
}

TEST(EvalProgram, ReadsStdinSelectsRowsAndSkipsThoseWithoutASchema) {
  TempDir dir;
  dir.write("rows", "r1\nr3\nr4\n");
  dir.write("schemas.json", R"({"people":{"人物":null}})");
  const std::string person = R"([[{"type":"人物","span":"王小明","offset":[0,3]}]])";
  const std::string input =
      R"({"id":"r1","source":"s","task":"ner","text":"王小明在北京读书。","schema_ref":"people","answer":)" + person +
      "}\n" + R"({"id":"r2","source":"s","task":"ner","text":"别的","schema_ref":"people","answer":[]})" + "\n" +
      R"({"id":"r3","source":"s","task":"ner","text":"没有","schema_ref":"unknown","answer":[]})" + "\nbroken\n" +
      R"({"id":"r4","source":"t","task":"sentiment","text":"[CLASSIFY]质量很好，很满意。","schema":{"正向情感":null,"负向情感":null},)" +
      R"("answer":[[{"type":"正向情感","span":"[CLASSIFY]","offset":[0,10]}]]})";
  const auto result = run_program(
      {"eval", "-", "--rows", (dir / "rows").string(), "--schemas", (dir / "schemas.json").string(), "--json"}, input);
  ASSERT_EQ(result.status, 0) << result.err;
  const Json scores = Json::parse(result.out);
  ASSERT_EQ(scores.size(), 2u) << result.out;
  EXPECT_EQ(scores["s"]["n"], 1);
  EXPECT_EQ(scores["s"]["labels"]["人物"]["expected"], 1);
  EXPECT_EQ(scores["t"]["classification"], true);
  EXPECT_EQ(scores["t"]["accuracy"], 1.0);
}

TEST(EvalProgram, AFileThatIsNotThereIsStatusOne) { EXPECT_EQ(run_program({"eval", "/nowhere.jsonl"}).status, 1); }

}  // namespace
}  // namespace uie::test
