#include <gtest/gtest.h>

#include "uie/schema/json.h"

namespace uie {
namespace {

std::string round_trip(const std::string& json) {
  const auto schema = parse_schema(json, SchemaLimits{});
  return schema ? dump_json(to_json(**schema)) : schema.error().where + ": " + schema.error().message;
}

Error error_of(const std::string& json, const SchemaLimits& limits = {}) {
  const auto schema = parse_schema(json, limits, "/schema");
  EXPECT_FALSE(schema) << json;
  return schema ? Error{} : schema.error();
}

TEST(ParseSchema, KeepsTheTreeInOrder) {
  EXPECT_EQ(round_trip(R"({"乙":{"b":null,"a":{"":{}}},"甲":{}})"), R"({"乙":{"b":null,"a":{"":null}},"甲":null})");
  EXPECT_EQ(round_trip("{}"), "{}");
  EXPECT_EQ(round_trip(R"({"a":{"x":null},"b":null,"a":{"y":null}})"), R"({"a":{"y":null},"b":null})");
}

TEST(ParseSchema, TakesAStringHoldingJsonOnce) {
  EXPECT_EQ(round_trip(R"("{\"人物\":{\"年龄\":null}}")"), R"({"人物":{"年龄":null}})");
  EXPECT_EQ(error_of(R"("\"{}\"")").where, "/schema");
  const Error error = error_of(R"("{\"a\": nul}")");
  EXPECT_EQ(error.where, "/schema");
  EXPECT_NE(error.message.find("byte 9 of the string"), std::string::npos) << error.message;
}

TEST(ParseSchema, RefusesAnythingElseWithItsPlace) {
  struct Case {
    std::string json, where;
  };
  for (const Case& c : {Case{"null", "/schema"},
                        {"[\"人物\"]", "/schema"},
                        {"3", "/schema"},
                        {"true", "/schema"},
                        {R"({"人物":{"年龄":[]}})", "/schema/人物/年龄"},
                        {R"({"a/b":{"~":"x"}})", "/schema/a~1b/~0"},
                        {R"({"a":null,"b":false})", "/schema/b"},
                        {R"({"a":{"b":null},"":0})", "/schema/"}}) {
    const Error error = error_of(c.json);
    EXPECT_EQ(error.code, ErrorCode::invalid_request);
    EXPECT_EQ(error.where, c.where) << c.json;
    EXPECT_NE(error.message.find("maps each label to null or to an object"), std::string::npos) << error.message;
  }
}

TEST(ParseSchema, EachLimitHoldsExactly) {
  SchemaLimits limits;
  limits.max_labels = 3;
  limits.max_depth = 2;
  limits.max_label_chars = 4;
  EXPECT_TRUE(parse_schema(R"({"a":{"b":null},"人物地点":null})", limits));
  EXPECT_EQ(error_of(R"({"a":{"b":{"c":null}}})", limits).where, "/schema/a/b/c");
  EXPECT_EQ(error_of(R"({"a":{"b":null},"c":null,"d":null})", limits).where, "/schema/d");
  EXPECT_EQ(error_of(R"({"人物地点x":null})", limits).where, "/schema/人物地点x");
  EXPECT_NE(error_of(R"({"人物地点x":null})", limits).message.find('4'), std::string::npos);
}

TEST(ParseOptions, ReadsEveryOption) {
  const auto options = parse_options(*parse_json(R"({"threshold":0.5,"thresholds":{"人物":1,"":0},"offsets":"utf16",
      "deadline_ms":1500,"max_windows":2,"output_all_prefix":true,"native":true})",
                                                 SchemaLimits{}));
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->threshold, 0.5);
  EXPECT_EQ(options->thresholds, (std::vector<std::pair<std::string, double>>{{"人物", 1}, {"", 0}}));
  EXPECT_EQ(options->offsets, OffsetUnit::utf16);
  EXPECT_EQ(options->deadline_ms, 1500u);
  EXPECT_EQ(options->max_windows, 2u);
  EXPECT_TRUE(options->output_all_prefix);
  EXPECT_TRUE(options->native);
  EXPECT_EQ(parse_options(Json(nullptr))->offsets, OffsetUnit::codepoint);
}

TEST(ParseOptions, RefusesWhatItCannotUse) {
  struct Case {
    std::string json, where;
  };
  for (const Case& c : {Case{R"({"threshold":1.5})", "/options/threshold"},
                        {R"({"threshold":"0.5"})", "/options/threshold"},
                        {R"({"threshold":-0.1})", "/options/threshold"},
                        {R"({"thresholds":{"a":0.5,"b/c":2}})", "/options/thresholds/b~1c"},
                        {R"({"thresholds":[0.5]})", "/options/thresholds"},
                        {R"({"offsets":"bytes"})", "/options/offsets"},
                        {R"({"offsets":3})", "/options/offsets"},
                        {R"({"deadline_ms":0})", "/options/deadline_ms"},
                        {R"({"deadline_ms":1e30})", "/options/deadline_ms"},
                        {R"({"max_windows":1.5})", "/options/max_windows"},
                        {R"({"max_windows":-1})", "/options/max_windows"},
                        {R"({"output_all_prefix":1})", "/options/output_all_prefix"},
                        {R"({"treshold":0.5})", "/options/treshold"},
                        {"[]", "/options"}}) {
    const auto options = parse_options(*parse_json(c.json, SchemaLimits{}), "/options");
    ASSERT_FALSE(options) << c.json;
    EXPECT_EQ(options.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(options.error().where, c.where) << c.json;
  }
}

}  // namespace
}  // namespace uie
