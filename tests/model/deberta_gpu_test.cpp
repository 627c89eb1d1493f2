// DebertaGpu over the emulated card against the CPU path: every switch of the tiny checkpoints, random prompts, logits
// of probes and links. Logits of 16-bit runs differ, so near zero a link may; never far from it.
#include "model/gpu/deberta_gpu.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "model/cpu/deberta_cpu.h"
#include "model/golden_queries.h"
#include "model/random_query.h"
#include "uie/checkpoint/reader.h"

namespace uie::model {
namespace {

struct Loaded {
  DebertaConfig config;
  DebertaWeights weights;
};

Loaded load(const std::string& name) {
  const auto folder = std::filesystem::path(UIE_SOURCE_DIR) / "tests/data/rex" / name;
  Loaded loaded;
  loaded.config = read_deberta_config(folder / "config.json").value();
  loaded.weights = read_deberta_weights(loaded.config, checkpoint::Reader::open(folder).value()).value();
  return loaded;
}

gpu::GpuOptions small(uie::gpu::Number number) {
  gpu::GpuOptions options;
  options.number = number;
  options.max_tokens = 256;
  return options;
}

class DebertaGpuTest : public ::testing::TestWithParam<const char*> {};

// Half of `tolerance` is relative to the largest logit of the query.
void expect_close(const LinkHits& wanted, const LinkHits& got, float tolerance) {
  float largest = 1;
  for (const Link& link : wanted.links) largest = std::max(largest, link.logit);
  for (const float logit : wanted.probes) largest = std::max(largest, std::abs(logit));
  const float allowed = tolerance * largest;
  ASSERT_EQ(got.probes.size(), wanted.probes.size());
  for (size_t i = 0; i < wanted.probes.size(); ++i) EXPECT_NEAR(got.probes[i], wanted.probes[i], allowed);
  std::map<std::pair<uint32_t, uint32_t>, std::pair<const Link*, const Link*>> cells;
  for (const Link& link : wanted.links) cells[{link.row, link.col}].first = &link;
  for (const Link& link : got.links) cells[{link.row, link.col}].second = &link;
  for (const auto& [cell, pair] : cells) {
    const auto [ours, theirs] = pair;
    if (ours && theirs) {
      EXPECT_NEAR(ours->logit, theirs->logit, allowed);
      EXPECT_NEAR(ours->mirrored, theirs->mirrored, allowed);
    } else {
      EXPECT_LE((ours ? ours : theirs)->logit, allowed) << cell.first << ", " << cell.second;
    }
  }
}

TEST_P(DebertaGpuTest, AgreesWithTheCpu) {
  Loaded loaded = load(GetParam());
  ASSERT_EQ(gpu::why_not_on_gpu(loaded.config), "");
  gpu::DebertaGpu fp16(loaded.config, loaded.weights, 512, small(uie::gpu::Number::fp16));
  gpu::DebertaGpu bf16(loaded.config, loaded.weights, 512, small(uie::gpu::Number::bf16));
  cpu::DebertaCpu cpu(loaded.config, loaded.weights, {});
  test::RandomQueries random(7, static_cast<int32_t>(loaded.config.vocab_size));
  std::vector<LinkQuery> queries;
  for (const int longest : {4, 40, 90, 150}) queries.push_back(random(longest));
  for (LinkQuery& query : queries) {
    for (int32_t& id : query.ids) id = std::min<int32_t>(id, static_cast<int32_t>(loaded.weights.vocab_rows) - 1);
  }
  std::vector<const LinkQuery*> batch;
  for (const LinkQuery& query : queries) batch.push_back(&query);
  const auto wanted = cpu.run(batch), got = fp16.run(batch), coarse = bf16.run(batch);
  for (size_t i = 0; i < batch.size(); ++i) {
    SCOPED_TRACE(i);
    expect_close(wanted[i], got[i], 1e-2F);
    expect_close(wanted[i], coarse[i], 6e-2F);
    const auto alone = fp16.run(std::span(&batch[i], 1));
    ASSERT_EQ(alone[0].links.size(), got[i].links.size());
    for (size_t k = 0; k < got[i].links.size(); ++k) {
      EXPECT_EQ(alone[0].links[k].logit, got[i].links[k].logit) << "neighbours in a batch change nothing";
    }
    EXPECT_EQ(alone[0].probes, got[i].probes);
  }
}

INSTANTIATE_TEST_SUITE_P(Tiny, DebertaGpuTest,
                         ::testing::Values("ck_base", "ck_logbucket", "ck_nobucket", "ck_p2c", "ck_plain"),
                         [](const auto& checkpoint) { return std::string(checkpoint.param); });

TEST(Upload, SizesAreFew) {
  for (int tokens = 1; tokens < 20'000; ++tokens) {
    const int rows = gpu::rounded_rows(tokens);
    ASSERT_GE(rows, tokens);
    ASSERT_LE(rows, std::max(16, tokens + tokens / 4 + 15)) << tokens;
    ASSERT_EQ(gpu::rounded_rows(rows), rows);
    ASSERT_GE(gpu::rounded_tiles(tokens), tokens);
  }
}

}  // namespace
}  // namespace uie::model
