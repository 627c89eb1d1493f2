// load_encoder and Encoder::run as other rooms use them.
#include "uie/model/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/random_query.h"
#include "model/tiny_checkpoint.h"

namespace uie {
namespace {

using test::tiny_config;
using test::TinyCheckpoint;
using ::testing::HasSubstr;

EncoderOptions options_of(bool reference) {
  EncoderOptions options;
  options.reference = reference;
  options.dtype = "fp32";
  return options;
}

Error load_error(const std::filesystem::path& folder, const EncoderOptions& options = {}) {
  const auto encoder = load_encoder(folder, options);
  return encoder ? Error{ErrorCode::internal, "loaded", ""} : encoder.error();
}

TEST(LoadEncoder, DescribesWhatItLoaded) {
  const test::ScratchFolder folder;
  const TinyCheckpoint checkpoint(tiny_config(), 1);
  checkpoint.write(folder.path());
  size_t numbers = 0;
  for (const auto& [name, tensor] : checkpoint.tensors) numbers += tensor.numbers.size();
  for (const bool reference : {false, true}) {
    EncoderOptions options = options_of(reference);
    options.threads = 1;
    const auto encoder = load_encoder(folder.path(), options);
    ASSERT_TRUE(encoder) << encoder.error().message;
    const EncoderInfo& info = (*encoder)->info();
    EXPECT_EQ(info.architecture, "deberta-v2");
    EXPECT_EQ(info.device, "cpu");
    EXPECT_THAT(info.device_name, HasSubstr(", 1 thread"));
    EXPECT_EQ(info.dtype, "fp32");
    EXPECT_EQ(info.parameters, numbers);
    EXPECT_GE(info.weight_bytes, numbers * 2);
    EXPECT_EQ(info.threads, 1);
    EXPECT_EQ(info.layers, 2);
    EXPECT_EQ(info.hidden, 16);
    EXPECT_EQ(info.heads, 2);
  }
}

TEST(LoadEncoder, SaysWhatIsWrongWithADirectory) {
  const test::ScratchFolder folder;
  EXPECT_EQ(load_error(folder.path() / "nowhere").code, ErrorCode::corrupt_checkpoint);
  EXPECT_THAT(load_error(folder.path()).message, HasSubstr("config.json"));

  auto config = tiny_config();
  config["model_type"] = "llama";
  TinyCheckpoint(config, 1).write(folder.path());
  EXPECT_EQ(load_error(folder.path()).code, ErrorCode::unsupported);
  EXPECT_THAT(load_error(folder.path()).message, HasSubstr("llama"));

  TinyCheckpoint broken(tiny_config(), 1);
  broken.tensors.erase("ffnk.weight");
  broken.tensors.erase("plm.encoder.conv.conv.bias");
  broken.write(folder.path());
  EXPECT_EQ(load_error(folder.path()).code, ErrorCode::corrupt_checkpoint);
  EXPECT_THAT(load_error(folder.path()).message, HasSubstr("ffnk.weight is missing"));
  EXPECT_THAT(load_error(folder.path()).message, HasSubstr("plm.encoder.conv.conv.bias is missing"));

  std::filesystem::remove(folder.path() / "model.safetensors");
  EXPECT_EQ(load_error(folder.path()).code, ErrorCode::corrupt_checkpoint);
}

TEST(LoadEncoder, RefusesDevicesAndTypesItDoesNotHave) {
  const test::ScratchFolder folder;
  TinyCheckpoint(tiny_config(), 1).write(folder.path());
  const auto with = [&](const char* device, const char* dtype, int threads) {
    EncoderOptions options;
    options.device = device;
    options.dtype = dtype;
    options.threads = threads;
    return load_error(folder.path(), options).code;
  };
  EXPECT_EQ(with("cuda:0", "auto", 0), ErrorCode::unsupported);
  EXPECT_EQ(with("tpu", "auto", 0), ErrorCode::invalid_request);
  EXPECT_EQ(with("cpu", "fp16", 0), ErrorCode::unsupported);
  EXPECT_EQ(with("cpu", "fp8", 0), ErrorCode::invalid_request);
  EXPECT_EQ(with("cpu", "fp32", -1), ErrorCode::invalid_request);
  EXPECT_EQ(with("cpu", "fp32", 1 << 20), ErrorCode::invalid_request);
}

// What the queries of one batch must be is not known to the model: bad ones are named, good ones lose nothing.
TEST(Encoder, BadQueriesAreNamedAndTheEncoderGoesOn) {
  const test::ScratchFolder folder;
  TinyCheckpoint(tiny_config(), 1).write(folder.path());
  for (const bool reference : {false, true}) {
    const auto encoder = load_encoder(folder.path(), options_of(reference));
    ASSERT_TRUE(encoder) << encoder.error().message;
    const Query fine = test::RandomQueries(7, 60)(20);
    const auto before = (*encoder)->run(std::vector<const Query*>{&fine});
    ASSERT_TRUE(before) << before.error().message;
    std::vector<Query> bad(6, fine);
    std::get<LinkQuery>(bad[0]).ids[3] = 64;  // 60 words and 4 special tokens
    std::get<LinkQuery>(bad[1]).ids.clear();
    std::get<LinkQuery>(bad[2]).slots.pop_back();
    std::get<LinkQuery>(bad[3]).probes.push_back({1000, 0});
    std::get<LinkQuery>(bad[4]).positions[2] = -1;
    bad[5] = PointerQuery{};
    for (const Query& query : bad) {
      const auto refused = (*encoder)->run(std::vector<const Query*>{&fine, &query});
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
      EXPECT_EQ(refused.error().where, "1");
    }
    const auto after = (*encoder)->run(std::vector<const Query*>{&fine});
    ASSERT_TRUE(after);
    EXPECT_EQ(std::get<LinkHits>((*before)[0]).probes, std::get<LinkHits>((*after)[0]).probes);
  }
}

}  // namespace
}  // namespace uie
