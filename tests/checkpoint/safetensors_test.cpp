#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/make_files.h"
#include "checkpoint/safetensors_writer.h"
#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {
namespace {

using testing::ElementsAre, testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string refusal(const std::string& json, size_t data_size) {
  const std::string file = safetensors_file(json, std::string(data_size, '\1'));
  const Result<Reader> reader = Reader::from_bytes(bytes_of(file));
  return reader ? "" : reader.error().message + " @ " + reader.error().where;
}

TEST(Safetensors, SoundHeaders) {
  EXPECT_EQ(refusal(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2), "");
  EXPECT_EQ(refusal(R"({"a":{"data_offsets":[0,8],"shape":[],"dtype":"F64"},"__metadata__":{"k":"v"}}   )", 8), "");
  // Empty tensors take no place, wherever they say they lie.
  EXPECT_EQ(
      refusal(
          R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"I16","shape":[0,9],"data_offsets":[0,0]},)"
          R"("c":{"dtype":"I16","shape":[0],"data_offsets":[2,2]}})",
          2),
      "");
}

TEST(Safetensors, AHeaderOf640BytesDoesNotLookLikeAPickle) {
  std::string json = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  json.resize(0x280, ' ');
  EXPECT_EQ(safetensors_file(json, "x").substr(0, 2), "\x80\x02");
  EXPECT_EQ(refusal(json, 1), "");
}

TEST(Safetensors, EveryRuleHasItsRefusal) {
  const auto tensor = [](const std::string& fields) { return R"({"a":{)" + fields + "}}"; };
  const std::string sound = R"("dtype":"U8","shape":[2],"data_offsets":[0,2])";
  EXPECT_EQ(refusal(tensor(sound), 2), "");
  EXPECT_THAT(refusal(tensor(sound), 3), HasSubstr("1 bytes follow"));
  EXPECT_THAT(refusal(tensor(sound), 1), HasSubstr("outside"));
  EXPECT_THAT(refusal(tensor(sound + R"(,"shape":[2])"), 2), HasSubstr("given twice"));
  EXPECT_THAT(refusal(tensor(sound + R"(,"more":[2])"), 2), HasSubstr("unknown field more"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","shape":[2],"data_offsets":[0,2,2])"), 2), HasSubstr("two data_offsets"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","shape":[2])"), 2), HasSubstr("needs"));
  EXPECT_THAT(refusal(tensor(R"("dtype":["U8"],"shape":[2],"data_offsets":[0,2])"), 2), HasSubstr("a list"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","shape":[[2]],"data_offsets":[0,2])"), 2), HasSubstr("a list"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","shape":2,"data_offsets":[0,2])"), 2), HasSubstr("a number"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","shape":null,"data_offsets":[0,2])"), 2), HasSubstr("null"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","shape":[2.0],"data_offsets":[0,2])"), 2), HasSubstr("no 64-bit integer"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,2])"), 2),
              HasSubstr("63 bits"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0])"), 0),
              HasSubstr("overflows"));
  EXPECT_THAT(refusal(tensor(R"("dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2])"), 2), HasSubstr("F8_E4M3"));
  EXPECT_THAT(refusal("{" + sound + "}", 2), HasSubstr("a string"));
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":1}})", 0), HasSubstr("a number"));
  EXPECT_THAT(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0), HasSubstr("twice"));
  EXPECT_THAT(refusal(tensor(sound) + "x", 2), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(R"({"a\ud800":{)" + sound + "}}", 2), HasSubstr("not valid JSON"));
}

TEST(Safetensors, TheWriterIsReadBack) {
  const std::vector<TensorPlan> plans = {{"层.\"权重\"\n", DType::f32, {1, 2}}, {"b", DType::i8, {3}}};
  const std::string header = safetensors_header(plans, {{"format", "pt"}});
  EXPECT_EQ(header.size() % 8, 0u);
  const std::string file = header + raw(1.5f) + raw(-2.0f) + "abc";
  const Result<Reader> reader = Reader::from_bytes(bytes_of(file));
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_THAT(reader->names(), ElementsAre("b", "层.\"权重\"\n"));
  EXPECT_THAT(*reader->floats("层.\"权重\"\n"), ElementsAre(1.5f, -2.0f));
  EXPECT_EQ(reader->tensor("b")->shape, std::vector<int64_t>{3});
}

}  // namespace
}  // namespace uie::checkpoint
