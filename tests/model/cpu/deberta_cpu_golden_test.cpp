// Every encoder run that the golden files hold, through the CPU path with every instruction set of this machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "model/cpu/deberta_cpu.h"
#include "model/golden_queries.h"
#include "uie/checkpoint/reader.h"

namespace uie::model::cpu {
namespace {

using test::GoldenQuery;

constexpr float kTolerance = 1e-3F;

struct Checkpoint {
  DebertaConfig config;
  DebertaWeights weights;
};

Checkpoint read(const std::string& folder) {
  const auto directory = test::data_file("rex/" + folder);
  const auto reader = checkpoint::Reader::open(directory);
  const auto config = read_deberta_config(directory / "config.json");
  if (!reader || !config) throw std::runtime_error("cannot read " + folder);
  auto weights = read_deberta_weights(*config, *reader);
  if (!weights) throw std::runtime_error(weights.error().message);
  return {*config, std::move(*weights)};
}

class CpuGolden : public ::testing::TestWithParam<const char*> {
 protected:
  CpuGolden()
      : checkpoint_(read(GetParam())),
        golden_(test::golden_queries("rex/" + std::string(GetParam()) + "/golden.jsonl.xz")) {}

  DebertaCpu model(Isa isa, size_t threads, size_t chunk_tokens = 1024) const {
    CpuOptions options;
    options.threads = threads;
    options.isa = isa;
    options.chunk_tokens = chunk_tokens;
    return DebertaCpu(checkpoint_.config, checkpoint_.weights, options);
  }

  Checkpoint checkpoint_;
  std::vector<GoldenQuery> golden_;
};

void expect_hidden(const GoldenQuery& golden, const std::vector<float>& hidden, size_t width) {
  for (const auto& sample : golden.hidden) {
    const size_t at = sample[0].get<size_t>() * width + sample[1].get<size_t>();
    ASSERT_NEAR(hidden[at], sample[2].get<float>(), kTolerance) << golden.name << " " << sample;
  }
}

TEST_P(CpuGolden, LogitsAndHiddenStatesAreTheReferences) {
  ASSERT_GE(golden_.size(), 90U);
  const size_t width = static_cast<size_t>(checkpoint_.config.hidden);
  for (const Isa isa : available_isas()) {
    DebertaCpu model = this->model(isa, 1);
    float worst = 0;
    // All on the set that will be used; a sample on the others (under sanitizers they are slow).
    for (size_t index = 0; index < golden_.size(); index += isa == best_isa() ? 1 : 5) {
      const GoldenQuery& golden = golden_[index];
      const auto seen = model.inspect(golden.query);
      const size_t length = golden.query.ids.size();
      for (size_t i = 0; i < golden.logits.size(); ++i) {
        const Cell cell = golden.query.probes[i];
        const float logit = seen.links[cell.row * length + cell.col];
        ASSERT_NEAR(logit, golden.logits[i], kTolerance + 1e-4F * std::abs(golden.logits[i]))
            << golden.name << " on " << to_string(isa) << " at " << cell.row << "," << cell.col;
        worst = std::max(worst, std::abs(logit - golden.logits[i]));
      }
      expect_hidden(golden, seen.hidden, width);
    }
    RecordProperty(std::string(to_string(isa)), std::to_string(worst));
  }
}

void expect_same_bits(const LinkHits& a, const LinkHits& b, const std::string& name) {
  ASSERT_EQ(a.probes, b.probes) << name;
  ASSERT_EQ(a.links.size(), b.links.size()) << name;
  for (size_t i = 0; i < a.links.size(); ++i) {
    ASSERT_EQ(a.links[i].row, b.links[i].row) << name;
    ASSERT_EQ(a.links[i].col, b.links[i].col) << name;
    ASSERT_EQ(a.links[i].logit, b.links[i].logit) << name;
    ASSERT_EQ(a.links[i].mirrored, b.links[i].mirrored) << name;
  }
}

// The promise of deberta_cpu.h: bitwise, not within a tolerance.
TEST_P(CpuGolden, NeighboursThreadsAndChunksChangeNoBit) {
  std::shuffle(golden_.begin(), golden_.end(), std::mt19937(20231121));
  golden_.resize(16);
  std::vector<const LinkQuery*> batch;
  for (const GoldenQuery& golden : golden_) batch.push_back(&golden.query);
  for (const Isa isa : available_isas()) {
    DebertaCpu alone = model(isa, 1), together = model(isa, 3), in_pieces = model(isa, 2, 300);
    const auto all = together.run(batch), pieces = in_pieces.run(batch);
    for (size_t i = 0; i < batch.size(); ++i) {
      const LinkHits single = alone.run(std::span(&batch[i], 1))[0];
      expect_same_bits(single, all[i], golden_[i].name);
      expect_same_bits(single, pieces[i], golden_[i].name);
    }
  }
}

// Rounding to 8 bits of mantissa: a few parts in a thousand, far from what a wrong layout would give.
TEST_P(CpuGolden, Bf16StaysNear) {
  if (!has_bf16(best_isa())) GTEST_SKIP() << "no bfloat16 products on this processor";
  CpuOptions options;
  options.dtype = Dtype::bf16;
  options.threads = 2;
  DebertaCpu rounded(checkpoint_.config, checkpoint_.weights, options);
  ASSERT_EQ(rounded.dtype(), Dtype::bf16);
  double difference = 0, size = 0;
  for (const GoldenQuery& golden : golden_) {
    const std::vector<float> probes = rounded.run(std::vector<const LinkQuery*>{&golden.query})[0].probes;
    for (size_t i = 0; i < probes.size(); ++i) {
      difference += std::pow(static_cast<double>(probes[i] - golden.logits[i]), 2);
      size += std::pow(static_cast<double>(golden.logits[i]), 2);
    }
  }
  EXPECT_LT(std::sqrt(difference / size), 0.02);
  EXPECT_GT(difference, 0);
}

INSTANTIATE_TEST_SUITE_P(Folders, CpuGolden,
                         ::testing::Values("ck_base", "ck_logbucket", "ck_nobucket", "ck_p2c", "ck_plain"),
                         [](const auto& folder) { return std::string(folder.param); });

}  // namespace
}  // namespace uie::model::cpu
