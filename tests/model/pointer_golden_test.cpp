// Every SiameseUIE prompt whose logits the golden files hold, through both paths: each alone, and all of a file as one
// batch in random order. And the published layout's variants, good and bad, as model directories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "model/golden_pointers.h"
#include "model/tiny_checkpoint.h"
#include "tar_files.h"
#include "uie/checkpoint/convert.h"
#include "uie/model/encoder.h"

namespace uie {
namespace {

using ::testing::HasSubstr;

constexpr double kTolerance = 1e-3;  // the files hold four decimals of the reference's logits

struct Case {
  const char* folder;  // below tests/data/siamese
  int layers;
  bool reference;
};

std::vector<PointerScores> run(Encoder& encoder, const std::vector<Query>& queries) {
  std::vector<const Query*> batch;
  for (const Query& query : queries) batch.push_back(&query);
  auto results = encoder.run(batch);
  EXPECT_TRUE(results) << results.error().message;
  std::vector<PointerScores> scores;
  for (QueryResult& result : *results) scores.push_back(std::get<PointerScores>(std::move(result)));
  return scores;
}

class PointerGolden : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    load("fp32");
    golden_ = test::golden_pointers("siamese/" + std::string(GetParam().folder) + "/golden.jsonl.xz");
    ASSERT_GE(golden_.size(), 60U);
  }

  void load(const char* dtype, const std::filesystem::path& folder = "siamese/" + std::string(GetParam().folder)) {
    EncoderOptions options;
    options.reference = GetParam().reference;
    options.threads = options.reference ? 1 : 2;
    options.dtype = dtype;
    auto loaded = load_encoder(test::data_file(folder), options);
    if (!loaded && loaded.error().code == ErrorCode::unsupported) GTEST_SKIP() << loaded.error().message;
    ASSERT_TRUE(loaded) << loaded.error().message;
    encoder_ = std::move(*loaded);
  }

  // The largest difference of a sampled logit.
  double check(const test::GoldenPointer& golden, std::span<const PointerScores> windows, double tolerance) const {
    const test::MergedLogits merged = test::merge(windows, golden.tokens);
    double worst = 0;
    for (const auto& sample : golden.samples) {
      EXPECT_NEAR(merged.head[sample.token], sample.head, tolerance) << golden.name << " head of " << sample.token;
      EXPECT_NEAR(merged.tail[sample.token], sample.tail, tolerance) << golden.name << " tail of " << sample.token;
      worst = std::max({worst, std::abs(merged.head[sample.token] - sample.head),
                        std::abs(merged.tail[sample.token] - sample.tail)});
    }
    return worst;
  }

  // Looser: a few hundredths of a model whose logits reach ±25.
  void expect_near() {
    for (const auto& golden : golden_) {
      check(golden, run(*encoder_, {golden.windows.begin(), golden.windows.end()}), 1.5);
      ASSERT_FALSE(HasFailure()) << golden.name;
    }
  }

  std::unique_ptr<Encoder> encoder_;
  std::vector<test::GoldenPointer> golden_;
};

TEST_P(PointerGolden, EachAloneGivesTheReferencesLogits) {
  EXPECT_EQ(encoder_->info().architecture, "bert");
  EXPECT_EQ(encoder_->info().layers, GetParam().layers);
  double worst = 0;
  for (const auto& golden : golden_) {
    const auto scores = run(*encoder_, {golden.windows.begin(), golden.windows.end()});
    worst = std::max(worst, check(golden, scores, kTolerance));
    ASSERT_FALSE(HasFailure()) << golden.name;
  }
  std::printf("worst difference of a logit: %.1e over %zu prompts\n", worst, golden_.size());
}

TEST_P(PointerGolden, OneBatchInRandomOrderGivesThemToo) {
  struct Place {
    size_t prompt, window;
  };
  std::vector<Place> order;
  for (size_t prompt = 0; prompt < golden_.size(); ++prompt) {
    for (size_t window = 0; window < golden_[prompt].windows.size(); ++window) order.push_back({prompt, window});
  }
  std::shuffle(order.begin(), order.end(), std::mt19937(20231121));
  std::vector<Query> queries;
  std::set<std::vector<int32_t>> texts;
  for (const Place& place : order) {
    queries.emplace_back(golden_[place.prompt].windows[place.window]);
    texts.insert(std::get<PointerQuery>(queries.back()).text_ids);
  }
  auto scores = run(*encoder_, queries);
  if (!GetParam().reference) {
    EXPECT_EQ(encoder_->lower_half().text_passes, texts.size());
  }

  std::vector<std::vector<PointerScores>> by_prompt;
  for (const auto& golden : golden_) by_prompt.emplace_back(golden.windows.size());
  for (size_t i = 0; i < order.size(); ++i) by_prompt[order[i].prompt][order[i].window] = std::move(scores[i]);
  for (size_t prompt = 0; prompt < golden_.size(); ++prompt) check(golden_[prompt], by_prompt[prompt], kTolerance);
}

class FastPointerGolden : public PointerGolden {};  // the reference computes in fp32 alone

// bf16 and int8 keep 8 bits. What they must not do is go astray.
TEST_P(FastPointerGolden, HalfPrecisionStaysNear) {
  load("bf16");
  if (IsSkipped() || HasFatalFailure()) return;
  expect_near();
}

TEST_P(FastPointerGolden, Int8RowsStayNear) {
  const test::ScratchFolder folder;
  const auto converted = checkpoint::convert(test::data_file(std::string("siamese/") + GetParam().folder),
                                             folder.path() / "int8", {.store = "int8"});
  ASSERT_TRUE(converted) << converted.error().message;
  load("fp32", folder.path() / "int8");
  expect_near();
}

TEST_P(PointerGolden, RefusesOtherQueriesAndGoesOn) {
  const Query fine = golden_[0].windows[0];
  std::vector<Query> bad(3, fine);
  bad[0] = LinkQuery{};
  std::get<PointerQuery>(bad[1]).hint_ids.clear();
  std::get<PointerQuery>(bad[2]).hint_position = 512;
  for (const Query& query : bad) {
    const std::vector<const Query*> batch = {&fine, &query};
    const auto refused = encoder_->run(batch);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(refused.error().where, "1");
  }
  EXPECT_EQ(run(*encoder_, {fine}).size(), 1U);
}

std::vector<Case> cases(const std::vector<bool>& paths) {
  std::vector<Case> all;
  for (const bool reference : paths) {
    all.push_back({"a-cross12", 12, reference});
    all.push_back({"b-plain8-fp16", 8, reference});
    all.push_back({"c-cross7-smallvocab", 7, reference});
    all.push_back({"d-cross6-bf16", 6, reference});
  }
  return all;
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  return std::string(info.param.folder, 1) + (info.param.reference ? "_reference" : "_fast");
}

INSTANTIATE_TEST_SUITE_P(Paths, PointerGolden, ::testing::ValuesIn(cases({true, false})), case_name);
INSTANTIATE_TEST_SUITE_P(Paths, FastPointerGolden, ::testing::ValuesIn(cases({false})), case_name);

// What a message says of each kind of error that expected.json names.
std::string word_for(const std::string& error) {
  if (error == "missing") return " is missing";
  if (error == "shape") return " has shape ";
  if (error == "dtype") return "where floats belong";
  return "";
}

// "张三在北京工作，李四在上海abc。" in the vocabulary of these folders.
const std::vector<int32_t> kText = {2, 5, 6, 9, 10, 11, 14, 15, 27, 7, 8, 9, 12, 13, 40, 44, 45, 28, 3};

class SiameseFolders : public ::testing::TestWithParam<bool> {
 protected:
  SiameseFolders() {
    test::unpack("siamese/models.tar.xz", folder_.path());
    expected_ = nlohmann::json::parse(test::read_file(folder_.path() / "expected.json"));
  }

  Result<std::unique_ptr<Encoder>> load(const std::string& folder) const {
    EncoderOptions options;
    options.reference = GetParam();
    options.threads = 1;
    return load_encoder(folder_.path() / folder, options);
  }

  void expect_logits(Encoder& encoder, const std::string& folder) const {
    for (const auto& golden : expected_.at("queries")) {
      auto prompt = golden.at("prompt_ids").get<std::vector<int32_t>>();
      prompt.erase(std::find(prompt.begin(), prompt.end(), 0), prompt.end());
      const auto windows = test::windows_of(kText, prompt);
      const PointerScores scores = run(encoder, {windows.begin(), windows.end()}).at(0);
      const auto head = golden.at("head").get<std::vector<float>>(), tail = golden.at("tail").get<std::vector<float>>();
      EXPECT_THAT(scores.head, ::testing::Pointwise(::testing::FloatNear(1e-4F), head)) << folder;
      EXPECT_THAT(scores.tail, ::testing::Pointwise(::testing::FloatNear(1e-4F), tail)) << folder;
    }
  }

  test::ScratchFolder folder_;
  nlohmann::json expected_;
};

TEST_P(SiameseFolders, BehaveAsExpected) {
  size_t loaded = 0, refused = 0;
  for (const auto& golden : expected_.at("cases")) {
    const auto folder = golden.at("folder").get<std::string>();
    if (folder == "no_vocab") continue;  // the family's part: tests/extract/families_test.cpp
    const auto encoder = load(folder);
    if (encoder) {
      EXPECT_NE(golden.at("expect"), "error") << folder;
      expect_logits(**encoder, folder);
      ++loaded;
      continue;
    }
    EXPECT_NE(golden.at("expect"), "ok") << folder << ": " << encoder.error().message;
    EXPECT_EQ(encoder.error().code, ErrorCode::corrupt_checkpoint) << folder << ": " << encoder.error().message;
    EXPECT_THAT(encoder.error().where, HasSubstr(folder));
    EXPECT_THAT(encoder.error().message, HasSubstr(word_for(golden.at("error").get<std::string>()))) << folder;
    ++refused;
  }
  EXPECT_EQ(loaded, 8U);  // module_prefix too
  EXPECT_EQ(refused, 12U);
}

INSTANTIATE_TEST_SUITE_P(Paths, SiameseFolders, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "reference" : "fast"; });

}  // namespace
}  // namespace uie
