#include "uie/schema/json.h"

#include <chrono>
#include <functional>

#include <gtest/gtest.h>

namespace uie {
namespace {

Result<Json> parse(std::string_view bytes) { return parse_json(bytes, SchemaLimits{}); }

Error error_of(std::string_view bytes) {
  auto parsed = parse(bytes);
  EXPECT_FALSE(parsed) << bytes.substr(0, 40);
  return parsed ? Error{} : parsed.error();
}

double seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TEST(ParseJson, KeepsOrderNumbersAndText) {
  const std::string text = R"({"乙":1,"甲":[true,null,-2,2.5,"😀\u0000\n"],"丙":{"b":18446744073709551615,"a":{}}})";
  EXPECT_EQ(dump_json(*parse(text)), text);
}

TEST(ParseJson, LastValueOfARepeatedKeyStaysAtThePlaceOfTheFirst) {
  EXPECT_EQ(dump_json(*parse(R"({"a":1,"b":{"x":1,"x":{"y":2}},"a":[3],"c":4})")),
            R"({"a":[3],"b":{"x":{"y":2}},"c":4})");
  // Large objects find keys by another way; all keys twice, so that every place is looked up.
  std::string text = "{", expected = "{";
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 40; ++i) text += "\"k" + std::to_string(i) + "\":" + std::to_string(round * 100 + i) + ",";
  }
  for (int i = 0; i < 40; ++i) expected += "\"k" + std::to_string(i) + "\":" + std::to_string(100 + i) + ",";
  text.back() = expected.back() = '}';
  EXPECT_EQ(dump_json(*parse(text)), expected);
}

TEST(ParseJson, SaysWhereItIsNotJson) {
  struct Case {
    std::string text, where;
  };
  for (const Case& c : {Case{"{\"a\": 1,}", "byte 8"},
                        {"[1 2]", "byte 3"},
                        {"", "byte 0"},
                        {"{\"a\"", "byte 4"},
                        {"nul", "byte 3"},
                        {"[1e999]", "byte 5"},
                        {"\"\x01\"", "byte 1"},
                        {"[\"\\u12\"]", "byte 6"}}) {
    const Error error = error_of(c.text);
    EXPECT_EQ(error.code, ErrorCode::invalid_request) << c.text;
    EXPECT_EQ(error.where, c.where) << c.text << ": " << error.message;
    EXPECT_TRUE(error.message.starts_with("not valid JSON: ")) << error.message;
  }
}

TEST(ParseJson, TheMessageDoesNotRepeatWhatWasRead) {
  EXPECT_EQ(error_of("{\"password\": secret}").message.find("secret"), std::string::npos);
  EXPECT_EQ(error_of("[\"my secret\nword\"]").message.find("secret"), std::string::npos);
}

TEST(ParseJson, RefusesBadUtf8ByItsByte) {
  EXPECT_EQ(error_of("[\"\xff\"]").where, "byte 2");
  EXPECT_EQ(error_of("[\"\xed\xa0\x80\"]").where, "byte 2");
  EXPECT_NE(error_of("[\"\xff\"]").message.find("UTF-8"), std::string::npos);
}

TEST(ParseJson, NestingIsLimitedAtTheBracketThatGoesTooFar) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse(nested(64)));
  EXPECT_EQ(error_of(nested(65)).where, "byte 64");
  EXPECT_TRUE(parse("[\"" + std::string(1000, '[') + "\\\"[\"]")) << "brackets within strings do not count";
  for (const char* unit : {"[", "{\"a\":", "[{\"\":"}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += unit;
    EXPECT_LT(seconds([&] { error_of(deep); }), 1.0);
  }
  EXPECT_EQ(error_of(nested(2'000'000)).code, ErrorCode::invalid_request);
}

TEST(ParseJson, SizeIsLimited) {
  SchemaLimits limits;
  limits.max_json_bytes = 10;
  EXPECT_TRUE(parse_json("[12345678]", limits));
  EXPECT_EQ(parse_json("[123456789]", limits).error().code, ErrorCode::too_large);
  EXPECT_EQ(error_of("[" + std::string(3'000'000, ' ') +
                     [] {
                       std::string zeros;
                       for (int i = 0; i < 1'000'001; ++i) zeros += "0,";
                       return zeros + "0]";
                     }())
                .code,
            ErrorCode::too_large);
}

// The library's own ordered object walks all keys for each new one: 300,000 keys would take minutes.
TEST(ParseJson, ManyKeysTakeLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  text.back() = '}';
  EXPECT_LT(seconds([&] { EXPECT_EQ(parse(text)->size(), 300'000u); }), 10.0);
}

TEST(DumpJson, NeverThrows) {
  EXPECT_EQ(dump_json(Json("a\xff")), "\"a\uFFFD\"");
  EXPECT_EQ(dump_json(Json{{"a", {1}}}, 1), "{\n \"a\": [\n  1\n ]\n}");
}

TEST(PointerToken, EscapesAsRfc6901) { EXPECT_EQ(pointer_token("a/b~c/"), "a~1b~0c~1"); }

TEST(ChainsToJson, CountsOffsetsInTheUnitAsked) {
  const Text text = Text::from_utf8("a😀é人b").value();
  const std::vector<Chain> chains = {{{"类", "é人", 2, 4, 0.99996}, {"t", "b", 4, 5, 0.12345}}};
  const auto offsets = [&](OffsetUnit unit) {
    const Json json = chains_to_json(chains, text, unit);
    return dump_json(json[0][0]["offset"]) + dump_json(json[0][1]["offset"]);
  };
  EXPECT_EQ(offsets(OffsetUnit::codepoint), "[2,4][4,5]");
  EXPECT_EQ(offsets(OffsetUnit::utf16), "[3,5][5,6]");
  EXPECT_EQ(offsets(OffsetUnit::utf8), "[5,10][10,11]");
  // SiameseUIE ends items on [SEP], which stands at [0, 0]: inverted offsets are right, and count like others.
  for (const auto& [unit, expected] :
       {std::pair{OffsetUnit::codepoint, "[4,0]"}, {OffsetUnit::utf16, "[5,0]"}, {OffsetUnit::utf8, "[10,0]"}}) {
    EXPECT_EQ(dump_json(chains_to_json({{{"t", "", 4, 0, 1}}}, text, unit)[0][0]["offset"]), expected);
  }
  EXPECT_EQ(dump_json(chains_to_json(chains, text, OffsetUnit::codepoint)),
            R"([[{"type":"类","span":"é人","offset":[2,4],"confidence":1.0},)"
            R"({"type":"t","span":"b","offset":[4,5],"confidence":0.1235}]])");
  EXPECT_EQ(dump_json(chains_to_json({{{"t", "b", 4, 5, 1}}}, text, OffsetUnit::codepoint, false)),
            R"([[{"type":"t","span":"b","offset":[4,5]}]])");
}

TEST(ErrorToJson, PointsIntoTheRequestAndKeepsInternalsInside) {
  EXPECT_EQ(dump_json(error_to_json({ErrorCode::invalid_request, "bad", "/schema/人物"})),
            R"({"title":"Invalid request","detail":"bad","pointer":"/schema/人物"})");
  EXPECT_EQ(dump_json(error_to_json({ErrorCode::invalid_request, "bad", "byte 7"})),
            R"x({"title":"Invalid request","detail":"bad (byte 7)"})x");
  for (const ErrorCode code : {ErrorCode::internal, ErrorCode::unavailable, ErrorCode::corrupt_checkpoint}) {
    EXPECT_EQ(dump_json(error_to_json({code, "m", "/srv/secret/model.bin"})).find("secret"), std::string::npos);
  }
  EXPECT_EQ(dump_json(error_to_json({ErrorCode::internal, "secret", ""})).find("secret"), std::string::npos);
}

}  // namespace
}  // namespace uie
