#include "uie/checkpoint/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>

#include "checkpoint/golden_files.h"
#include "checkpoint/half.h"
#include "checkpoint/make_files.h"
#include "checkpoint/safetensors_writer.h"
#include "uie/checkpoint/reader.h"

namespace uie::checkpoint {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre, testing::HasSubstr, testing::UnorderedElementsAre;

class Convert : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_ / "from"); }
  void TearDown() override { fs::remove_all(folder_); }

  Result<ConvertReport> run(const fs::path& from, const std::string& store) {
    return convert(from, folder_ / "to", {store});
  }

  Reader converted(const fs::path& from, const std::string& store) {
    const Result<ConvertReport> report = run(from, store);
    EXPECT_TRUE(report) << report.error().message << " " << report.error().where;
    Result<Reader> reader = Reader::open(folder_ / "to");
    EXPECT_TRUE(reader) << reader.error().message << " " << reader.error().where;
    EXPECT_EQ(report->bytes, fs::file_size(folder_ / "to/model.safetensors"));
    EXPECT_EQ(report->tensors, reader->names().size());
    return std::move(*reader);
  }

  fs::path write_model(const std::string& file) {
    std::ofstream(folder_ / "from/model.safetensors", std::ios::binary) << file;
    return folder_ / "from";
  }

  std::vector<std::string> listing(const fs::path& path) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path().filename());
    return names;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("convert_" + std::to_string(getpid()));
};

// Float tensors of these shapes, filled from one normal distribution.
struct NamedShape {
  std::string name;
  std::vector<int64_t> shape;
};

std::string random_model(const std::vector<NamedShape>& tensors, float scale = 1) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, scale);
  std::vector<TensorPlan> plans;
  std::string data;
  for (const auto& [name, shape] : tensors) {
    plans.push_back({name, DType::f32, shape});
    for (size_t bytes = plans.back().bytes(); bytes > 0; bytes -= sizeof(float)) data += raw(normal(random));
  }
  return safetensors_header(plans, {}) + data;
}

void expect_same(const Reader& a, const Reader& b) {
  ASSERT_EQ(a.names(), b.names());
  for (const std::string& name : a.names()) {
    const TensorView left = *a.tensor(name), right = *b.tensor(name);
    EXPECT_EQ(left.dtype, right.dtype) << name;
    EXPECT_EQ(left.shape, right.shape) << name;
    EXPECT_TRUE(std::equal(left.bytes.begin(), left.bytes.end(), right.bytes.begin(), right.bytes.end())) << name;
  }
}

TEST_F(Convert, KeepGivesTheSameTensorsFromEveryFormat) {
  for (const GoldenCase& golden : golden_cases()) {
    if (golden.expect != "ok") continue;
    SCOPED_TRACE(golden.file);
    expect_same(converted(golden_folder() / golden.file, "keep"), *Reader::open(golden_folder() / golden.file));
  }
}

TEST_F(Convert, FloatTypesRoundOnceAndIntegersStay) {
  const Reader original = std::move(*Reader::open(golden_folder() / "zip_mixed.bin"));
  for (const auto& [store, dtype] : {std::pair{"fp32", DType::f32}, {"fp16", DType::f16}, {"bf16", DType::bf16}}) {
    const Reader reader = converted(golden_folder() / "zip_mixed.bin", store);
    for (const char* name : {"f64", "f32", "f16", "bf16"}) {
      EXPECT_EQ(reader.tensor(name)->dtype, dtype) << store << name;
      std::vector<float> expected = *original.floats(name);
      for (float& value : expected) {
        if (dtype == DType::f16) value = float_from_f16(f16_from_float(value));
        if (dtype == DType::bf16) value = float_from_bf16(bf16_from_float(value));
      }
      EXPECT_EQ(*reader.floats(name), expected) << store << name;
    }
    for (const char* name : {"i64", "i32", "i16", "i8", "u8", "bool"}) {
      EXPECT_EQ(reader.tensor(name)->dtype, original.tensor(name)->dtype) << store << name;
    }
  }
}

TEST_F(Convert, Int8TakesLargeMatricesAndLeavesTheRest) {
  const fs::path from = write_model(random_model({{"large", {65, 64}},
                                                  {"small", {64, 64}},
                                                  {"vector", {5000}},
                                                  {"cube", {20, 20, 20}},
                                                  {"taken", {100, 100}},
                                                  {"taken.scale", {3}},
                                                  {"rotary_emb.freqs", {32}}}));
  const Reader original = std::move(*Reader::open(from)), reader = converted(from, "int8");
  const auto type = [&](const char* name) { return reader.tensor(name)->dtype; };
  EXPECT_EQ(type("large"), DType::i8);
  EXPECT_EQ(type("large.scale"), DType::f32);
  for (const char* name : {"small", "vector", "cube", "taken", "taken.scale"})
    EXPECT_EQ(type(name), DType::f16) << name;
  EXPECT_EQ(type("rotary_emb.freqs"), DType::f32);
  EXPECT_THAT(reader.model_names(),
              ElementsAre("cube", "large", "rotary_emb.freqs", "small", "taken", "taken.scale", "vector"));

  // Within half a step of the original, and the largest of each row exact to rounding.
  const std::vector<float> before = *original.floats("large"), after = *reader.floats("large");
  const std::vector<float> scale = *reader.floats("large.scale");
  for (size_t i = 0; i < before.size(); ++i) {
    ASSERT_LE(std::abs(before[i] - after[i]), scale[i / 64] * 0.50001f) << i;
  }
  for (size_t row = 0; row < 65; ++row) {
    const auto bytes = reader.tensor("large")->bytes.subspan(row * 64, 64);
    EXPECT_TRUE(
        std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return std::abs(static_cast<int8_t>(b)) == 127; }));
  }
}

TEST_F(Convert, ARowOfZerosStaysZero) {
  const fs::path from = write_model(random_model({{"w", {65, 64}}}, 0));
  const Reader reader = converted(from, "int8");
  EXPECT_EQ(*reader.floats("w"), std::vector<float>(65 * 64, 0.0f));
}

TEST_F(Convert, WhatFloat16CannotHoldStaysFloat32) {
  const fs::path from = write_model(random_model({{"bias", {50}}, {"matrix", {10, 10}}}, 1e6f));
  for (const char* store : {"fp16", "int8"}) {
    const Reader reader = converted(from, store);
    EXPECT_EQ(reader.tensor("bias")->dtype, DType::f32);
    EXPECT_EQ(*reader.floats("matrix"), *Reader::open(from)->floats("matrix"));
  }
}

TEST_F(Convert, QuantisingAgainChangesNothing) {
  const fs::path from = write_model(random_model({{"w", {100, 64}}, {"b", {100}}}));
  const Reader once = converted(from, "int8");
  ASSERT_TRUE(convert(folder_ / "to", folder_ / "again", {"int8"}));
  expect_same(once, *Reader::open(folder_ / "again"));
  ASSERT_TRUE(convert(folder_ / "to", folder_ / "wide", {"fp32"}));
  EXPECT_EQ(*Reader::open(folder_ / "wide")->floats("w"), *once.floats("w"));
}

TEST_F(Convert, TheDefaultModelComesOutWithTheSameNumbers) {
  const fs::path from = fs::path(UIE_SOURCE_DIR) / "models/default";
  const Reader original = std::move(*Reader::open(from)), reader = converted(from, "int8");
  expect_same(original, reader);
  EXPECT_EQ(read_whole(folder_ / "to/vocab.txt"), read_whole(from / "vocab.txt"));
}

TEST_F(Convert, TakesTheSmallFilesAlongAndNotTheOldWeights) {
  fs::copy_file(golden_folder() / "zip_handmade.bin", folder_ / "from/pytorch_model.bin");
  for (const char* name : {"config.json", "vocab.txt", "tokenizer_config.json", "notes.txt"}) {
    std::ofstream(folder_ / "from" / name) << name;
  }
  converted(folder_ / "from", "fp16");
  EXPECT_THAT(listing(folder_ / "to"),
              UnorderedElementsAre("config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"));
  EXPECT_EQ(read_whole(folder_ / "to/vocab.txt"), "vocab.txt");
  fs::remove_all(folder_ / "to");
  converted(folder_ / "from/pytorch_model.bin", "keep");  // a file takes what lies beside it
  EXPECT_EQ(listing(folder_ / "to").size(), 4u);
}

TEST_F(Convert, InPlaceIsSafe) {
  const fs::path from = write_model(random_model({{"w", {100, 64}}}));
  std::ofstream(from / "config.json") << "{}";
  const std::vector<float> before = *Reader::open(from)->floats("w");
  ASSERT_TRUE(convert(from, from, {"fp16"}));
  EXPECT_EQ(Reader::open(from)->tensor("w")->dtype, DType::f16);
  EXPECT_NEAR(Reader::open(from)->floats("w")->at(7), before[7], 1e-3);
  EXPECT_THAT(listing(from), UnorderedElementsAre("config.json", "model.safetensors"));
  EXPECT_EQ(read_whole(from / "config.json"), "{}");
}

TEST_F(Convert, FailuresLeaveNothingBehind) {
  const fs::path from = write_model(random_model({{"w", {10}}}));
  EXPECT_EQ(run(from, "int4").error().code, ErrorCode::invalid_request);
  EXPECT_EQ(run(golden_folder() / "bad_random.bin", "keep").error().code, ErrorCode::corrupt_checkpoint);
  EXPECT_FALSE(fs::exists(folder_ / "to"));

  std::ofstream(folder_ / "to") << "a file where the directory belongs";
  EXPECT_EQ(run(from, "keep").error().code, ErrorCode::unavailable);
  fs::remove(folder_ / "to");

  fs::create_directories(folder_ / "to/model.safetensors/full");  // a directory where the file belongs
  EXPECT_EQ(run(from, "keep").error().code, ErrorCode::unavailable);
  EXPECT_THAT(listing(folder_ / "to"), ElementsAre("model.safetensors"));
}

TEST_F(Convert, AnInt8TensorWithABadScaleIsNamed) {
  const fs::path from = write_model(safetensors_file(
      R"({"w":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"w.scale":{"dtype":"I8","shape":[2],"data_offsets":[2,4]}})",
      "abcd"));
  const Result<ConvertReport> report = run(from, "fp32");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().where, "w");
}

}  // namespace
}  // namespace uie::checkpoint
