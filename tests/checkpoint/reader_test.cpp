#include "uie/checkpoint/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <unistd.h>

#include <cmath>
#include <fstream>

#include "checkpoint/golden_files.h"
#include "checkpoint/make_files.h"
#include "checkpoint/pickle_globals.h"

namespace uie::checkpoint {
namespace {

using testing::ElementsAre, testing::HasSubstr;

// int8 rows with a scale each, and what can be wrong with them.
std::string int8_file(const std::string& scale_type, const std::string& scale_shape, const std::string& scale) {
  const std::string json = R"({"w":{"dtype":"I8","shape":[2,3],"data_offsets":[0,6]},"w.scale":{"dtype":")" +
                           scale_type + R"(","shape":)" + scale_shape + R"(,"data_offsets":[6,)" +
                           std::to_string(6 + scale.size()) + "]}}";
  return safetensors_file(json, std::string("\x01\x02\x80\x7f\x00\xff", 6) + scale);
}

TEST(Reader, Int8RowsTimesScale) {
  for (const std::string& file : {int8_file("F32", "[2]", raw(0.5f) + raw(2.0f)),
                                  int8_file("F16", "[2]", raw(uint16_t{0x3800}) + raw(uint16_t{0x4000}))}) {
    const Result<Reader> reader = Reader::from_bytes(std::as_bytes(std::span(file)));
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_THAT(*reader->floats("w"), ElementsAre(0.5f, 1.0f, -64.0f, 254.0f, 0.0f, -2.0f));
    EXPECT_THAT(reader->names(), ElementsAre("w", "w.scale"));
    EXPECT_THAT(reader->model_names(), ElementsAre("w"));
  }
}

TEST(Reader, AScaleMustHoldOneFloatPerRow) {
  for (const std::string& file : {int8_file("F32", "[1]", raw(0.5f)), int8_file("F32", "[2,1]", raw(0.5f) + raw(0.5f)),
                                  int8_file("I8", "[2]", "ab"), int8_file("F32", "[3]", std::string(12, '\0'))}) {
    const Result<Reader> reader = Reader::from_bytes(std::as_bytes(std::span(file)));
    ASSERT_TRUE(reader);
    const auto floats = reader->floats("w");
    ASSERT_FALSE(floats);
    EXPECT_THAT(floats.error().message, HasSubstr("one float for each row"));
    EXPECT_EQ(floats.error().where, "w");
  }
}

TEST(Reader, FloatsOfEveryType) {
  const Result<Reader> reader = Reader::open(golden_folder() / "zip_mixed.bin");
  ASSERT_TRUE(reader);
  EXPECT_FLOAT_EQ(reader->floats("f64")->at(0), 0.6462125182151794f);
  EXPECT_EQ(reader->floats("f16")->at(2), -0.00018930435180664062f);
  EXPECT_EQ(reader->floats("bf16")->at(2), 1.609375f);
  EXPECT_THAT(*reader->floats("special"), ElementsAre(INFINITY, -INFINITY, -0.0f, 1.401298464324817e-45f));
  for (const char* name : {"i64", "i32", "i16", "i8", "u8", "bool"}) {
    ASSERT_FALSE(reader->floats(name)) << name;
    EXPECT_EQ(reader->floats(name).error().code, ErrorCode::corrupt_checkpoint);
    EXPECT_EQ(reader->floats(name).error().where, name);
  }
  EXPECT_EQ(reader->tensor("missing").error().where, "missing");
  EXPECT_FALSE(reader->contains("missing"));
}

class ReaderFolder : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& name, const std::string& golden) {
    std::filesystem::copy_file(golden_folder() / golden, folder_ / name);
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / ("reader_" + std::to_string(getpid()));
};

TEST_F(ReaderFolder, SafetensorsComeBeforePickles) {
  put("pytorch_model.bin", "zip_handmade.bin");
  EXPECT_THAT(Reader::open(folder_)->names(), ElementsAre("w"));
  put("model.safetensors", "st_odd_keys.safetensors");
  EXPECT_EQ(Reader::open(folder_)->names().size(), 2u);
}

TEST_F(ReaderFolder, WhatIsNotThereIsSaid) {
  EXPECT_THAT(Reader::open(folder_).error().message, HasSubstr("neither model.safetensors nor pytorch_model.bin"));
  std::ofstream(folder_ / "model.safetensors.index.json") << "{}";
  EXPECT_EQ(Reader::open(folder_).error().code, ErrorCode::unsupported);
  EXPECT_THAT(Reader::open(folder_ / "absent.bin").error().message, HasSubstr("No such file"));
  EXPECT_THAT(Reader::open(folder_ / "absent.bin").error().where, HasSubstr("absent.bin"));
}

TEST_F(ReaderFolder, APipeIsRefusedAtOnce) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(Reader::open(folder_ / "pipe").error().message, HasSubstr("not a regular file"));
}

TEST_F(ReaderFolder, ViewsOutliveTheMoveAndTheFile) {
  put("model.safetensors", "st_fp32.safetensors");
  Result<Reader> opened = Reader::open(folder_);
  ASSERT_TRUE(opened);
  const TensorView before = *opened->tensor("plm.a.weight");
  const std::string digest = sha256(before.bytes);
  const Reader moved = std::move(*opened);
  std::filesystem::remove(folder_ / "model.safetensors");
  EXPECT_EQ(moved.tensor("plm.a.weight")->bytes.data(), before.bytes.data());
  EXPECT_EQ(sha256(before.bytes), digest);
}

TEST(Documentation, ShowsTheListOfNames) {
  const std::string page = read_whole(std::filesystem::path(UIE_SOURCE_DIR) / "docs/checkpoints.md");
  for (const PickleGlobal& global : all_globals()) {
    EXPECT_THAT(page, HasSubstr("`" + std::string(global.module) + "." + std::string(global.name) + "`"));
  }
}

}  // namespace
}  // namespace uie::checkpoint
