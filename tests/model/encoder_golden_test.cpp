// Every encoder run that the golden files hold, through every path: logits, counts of positive entries, hidden values;
// each alone, and all as one batch in random order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "model/cpu/deberta_cpu.h"
#include "model/deberta_reference.h"
#include "model/golden_queries.h"
#include "uie/model/encoder.h"

namespace uie {
namespace {

using test::GoldenQuery;

constexpr float kTolerance = 1e-3F;  // the files' own: 2e-3 + 1e-4 relative

struct Path {
  const char* name;
  bool reference;
};

struct Case {
  const char* golden;  // below tests/data
  const char* model;   // below the source directory
  size_t queries;      // that the file holds
  Path path;
};

class EncoderGolden : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    EncoderOptions options;
    options.reference = GetParam().path.reference;
    options.threads = options.reference ? 1 : 2;  // the BLAS's threads wait by spinning: bad company for other tests
    options.dtype = "fp32";
    auto loaded = load_encoder(std::filesystem::path(UIE_SOURCE_DIR) / GetParam().model, options);
    ASSERT_TRUE(loaded) << loaded.error().message;
    encoder_ = std::move(*loaded);
    golden_ = test::golden_queries(GetParam().golden);
    ASSERT_EQ(golden_.size(), GetParam().queries);
  }

  // As one batch, in the order given.
  std::vector<LinkHits> run(const std::vector<size_t>& order) {
    std::vector<Query> queries;
    for (const size_t index : order) queries.emplace_back(golden_[index].query);
    std::vector<const Query*> batch;
    for (const Query& query : queries) batch.push_back(&query);
    auto results = encoder_->run(batch);
    EXPECT_TRUE(results) << results.error().message;
    std::vector<LinkHits> hits;
    for (QueryResult& result : *results) hits.push_back(std::get<LinkHits>(std::move(result)));
    return hits;
  }

  std::unique_ptr<Encoder> encoder_;
  std::vector<GoldenQuery> golden_;
};

float tolerance(float wanted) { return kTolerance + 1e-4F * std::abs(wanted); }

// True of any answer: links are strictly positive, row major, and their mirrored logit is that of the mirrored link.
void expect_well_formed(const LinkHits& hits) {
  for (size_t i = 0; i < hits.links.size(); ++i) {
    const Link& link = hits.links[i];
    ASSERT_GT(link.logit, 0);
    if (i > 0) {
      ASSERT_LT(std::pair(hits.links[i - 1].row, hits.links[i - 1].col), std::pair(link.row, link.col));
    }
    const auto mirror = std::find_if(hits.links.begin(), hits.links.end(),
                                     [&](const Link& x) { return x.row == link.col && x.col == link.row; });
    if (mirror == hits.links.end()) {
      ASSERT_LE(link.mirrored, 0);
    } else {
      ASSERT_EQ(link.mirrored, mirror->logit);
    }
  }
}

TEST_P(EncoderGolden, EachAloneGivesTheReferencesLogits) {
  float worst = 0;
  for (size_t index = 0; index < golden_.size(); ++index) {
    const GoldenQuery& golden = golden_[index];
    const LinkHits hits = run({index})[0];
    ASSERT_EQ(hits.probes.size(), golden.logits.size());
    for (size_t i = 0; i < hits.probes.size(); ++i) {
      ASSERT_NEAR(hits.probes[i], golden.logits[i], tolerance(golden.logits[i]))
          << golden.name << " at " << golden.query.probes[i].row << "," << golden.query.probes[i].col;
      worst = std::max(worst, std::abs(hits.probes[i] - golden.logits[i]));
    }
    if (golden.positive >= 0) {
      ASSERT_EQ(static_cast<int64_t>(hits.links.size()), golden.positive) << golden.name;
    }
    expect_well_formed(hits);
  }
  RecordProperty("worst_difference", std::to_string(worst));
  std::printf("worst difference of a logit: %.1e over %zu queries\n", static_cast<double>(worst), golden_.size());
}

class FastEncoderGolden : public EncoderGolden {};  // the reference runs its batch one by one, in fp32

TEST_P(FastEncoderGolden, OneBatchInRandomOrderEqualsEachAlone) {
  std::vector<size_t> order(golden_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), std::mt19937(20231121));
  order.resize(std::min<size_t>(order.size(), 64));
  const auto together = run(order);
  ASSERT_EQ(together.size(), order.size());
  for (size_t place = 0; place < order.size(); ++place) {
    const LinkHits alone = run({order[place]})[0];
    const auto name = golden_[order[place]].name;
    ASSERT_EQ(alone.links.size(), together[place].links.size()) << name;
    for (size_t i = 0; i < alone.probes.size(); ++i) {
      ASSERT_NEAR(together[place].probes[i], alone.probes[i], 1e-4F * std::max(1.0F, std::abs(alone.probes[i])))
          << name;
    }
    for (size_t i = 0; i < alone.links.size(); ++i) {
      ASSERT_EQ(together[place].links[i].row, alone.links[i].row) << name;
      ASSERT_EQ(together[place].links[i].col, alone.links[i].col) << name;
    }
  }
}

// bf16 keeps 8 bits: scores move by about a hundredth of the largest. What it must not do is go astray.
TEST_P(FastEncoderGolden, HalfPrecisionStaysNear) {
  EncoderOptions options;
  options.dtype = "bf16";
  auto loaded = load_encoder(std::filesystem::path(UIE_SOURCE_DIR) / GetParam().model, options);
  if (!loaded && loaded.error().code == ErrorCode::unsupported) GTEST_SKIP() << loaded.error().message;
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ((*loaded)->info().dtype, "bf16");
  encoder_ = std::move(*loaded);
  double sum = 0, samples = 0, turned = 0;
  for (size_t index = 0; index < golden_.size(); ++index) {
    const GoldenQuery& golden = golden_[index];
    const LinkHits hits = run({index})[0];
    float scale = 1;
    for (const float logit : golden.logits) scale = std::max(scale, std::abs(logit));
    for (size_t i = 0; i < hits.probes.size(); ++i, ++samples) {
      const float difference = std::abs(hits.probes[i] - golden.logits[i]) / scale;
      ASSERT_LT(difference, 0.15F) << golden.name;
      sum += static_cast<double>(difference);
      if ((hits.probes[i] > 0) != (golden.logits[i] > 0)) ++turned;
    }
  }
  EXPECT_LT(sum / samples, 0.01);
  std::printf("bf16: mean difference %.2e of a query's largest logit; %.0f of %.0f samples change sides\n",
              sum / samples, turned, samples);
}

constexpr Path kReference = {"reference", true}, kFast = {"fast", false};

std::vector<Case> cases(const std::vector<Path>& paths) {
  std::vector<Case> all;
  for (const Path path : paths) {
    all.push_back({"rex/ck_base/golden.jsonl.xz", "tests/data/rex/ck_base", 104, path});
    all.push_back({"rex/ck_logbucket/golden.jsonl.xz", "tests/data/rex/ck_logbucket", 102, path});
    all.push_back({"rex/ck_nobucket/golden.jsonl.xz", "tests/data/rex/ck_nobucket", 107, path});
    all.push_back({"rex/ck_p2c/golden.jsonl.xz", "tests/data/rex/ck_p2c", 109, path});
    all.push_back({"rex/ck_plain/golden.jsonl.xz", "tests/data/rex/ck_plain", 107, path});
    all.push_back({"real/golden.jsonl.xz", "models/default", 59, path});
  }
  return all;
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  const std::string golden = info.param.golden;
  const std::string folder = golden.substr(0, golden.rfind('/'));
  return folder.substr(folder.rfind('/') + 1) + "_" + info.param.path.name;
}

INSTANTIATE_TEST_SUITE_P(Paths, EncoderGolden, ::testing::ValuesIn(cases({kReference, kFast})), case_name);
INSTANTIATE_TEST_SUITE_P(Paths, FastEncoderGolden, ::testing::ValuesIn(cases({kFast})), case_name);

using HiddenOf = std::function<std::vector<float>(const LinkQuery&)>;

class HiddenGolden : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto folder = test::data_file(std::string("rex/") + GetParam());
    const auto config = model::read_deberta_config(folder / "config.json");
    ASSERT_TRUE(config) << config.error().message;
    const auto reader = checkpoint::Reader::open(folder);
    ASSERT_TRUE(reader) << reader.error().message;
    auto weights = model::read_deberta_weights(*config, *reader);
    ASSERT_TRUE(weights) << weights.error().message;
    config_ = *config;
    weights_ = std::move(*weights);
    golden_ = test::golden_queries(std::string("rex/") + GetParam() + "/golden.jsonl.xz");
  }

  void expect_samples(const HiddenOf& hidden_of) const {
    size_t samples = 0;
    for (const GoldenQuery& golden : golden_) {
      const std::vector<float> hidden = hidden_of(golden.query);
      for (const auto& sample : golden.hidden) {
        const size_t at = sample[0].get<size_t>() * static_cast<size_t>(config_.hidden) + sample[1].get<size_t>();
        ASSERT_NEAR(hidden[at], sample[2].get<float>(), kTolerance) << golden.name << " " << sample;
        ++samples;
      }
    }
    EXPECT_GT(samples, 400U);
  }

  model::DebertaConfig config_;
  model::DebertaWeights weights_;
  std::vector<GoldenQuery> golden_;
};

TEST_P(HiddenGolden, LastLayerOfTheReferencePath) {
  const model::DebertaReference reference(config_, weights_, 1);
  expect_samples([&](const LinkQuery& query) { return reference.hidden(query); });
}

TEST_P(HiddenGolden, LastLayerOfTheFastPath) {
  model::cpu::DebertaCpu fast(config_, weights_, {});
  expect_samples([&](const LinkQuery& query) { return fast.inspect(query).hidden; });
}

INSTANTIATE_TEST_SUITE_P(Folders, HiddenGolden,
                         ::testing::Values("ck_base", "ck_logbucket", "ck_nobucket", "ck_p2c", "ck_plain"));

}  // namespace
}  // namespace uie
