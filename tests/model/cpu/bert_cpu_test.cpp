// SiameseUIE's CPU path with every instruction set of this machine: the golden logits, the promises about bits, and how
// often the lower layers run.
#include "model/cpu/bert_cpu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "model/golden_pointers.h"
#include "uie/checkpoint/reader.h"

namespace uie::model::cpu {
namespace {

constexpr double kTolerance = 1e-3;
constexpr size_t kPlenty = size_t{64} << 20;

struct Checkpoint {
  BertConfig config;
  BertWeights weights;
};

Checkpoint read(const std::string& folder) {
  const auto directory = test::data_file("siamese/" + folder);
  const auto reader = checkpoint::Reader::open(directory);
  const auto config = read_bert_config(directory / "config.json");
  if (!reader || !config) throw std::runtime_error("cannot read " + folder);
  auto weights = read_bert_weights(*config, *reader);
  if (!weights) throw std::runtime_error(weights.error().message);
  return {*config, std::move(*weights)};
}

class BertCpuGolden : public ::testing::TestWithParam<const char*> {
 protected:
  BertCpuGolden()
      : checkpoint_(read(GetParam())),
        golden_(test::golden_pointers("siamese/" + std::string(GetParam()) + "/golden.jsonl.xz")) {}

  BertCpu model(Isa isa, size_t threads, size_t cache_bytes = kPlenty, size_t chunk_tokens = 1024) const {
    CpuOptions options;
    options.threads = threads;
    options.isa = isa;
    options.chunk_tokens = chunk_tokens;
    return BertCpu(checkpoint_.config, checkpoint_.weights, options, cache_bytes);
  }

  static std::vector<PointerScores> run(BertCpu& model, const std::vector<PointerQuery>& queries) {
    std::vector<const PointerQuery*> batch;
    for (const PointerQuery& query : queries) batch.push_back(&query);
    return model.run(batch);
  }

  Checkpoint checkpoint_;
  std::vector<test::GoldenPointer> golden_;
};

TEST_P(BertCpuGolden, LogitsAreTheReferences) {
  for (const Isa isa : available_isas()) {
    BertCpu model = this->model(isa, 1);
    // All on the set that will be used; a sample on the others (under sanitizers they are slow).
    for (size_t index = 0; index < golden_.size(); index += isa == best_isa() ? 1 : 9) {
      const auto& golden = golden_[index];
      const auto merged = test::merge(run(model, golden.windows), golden.tokens);
      for (const auto& sample : golden.samples) {
        ASSERT_NEAR(merged.head[sample.token], sample.head, kTolerance) << golden.name << " on " << to_string(isa);
        ASSERT_NEAR(merged.tail[sample.token], sample.tail, kTolerance) << golden.name << " on " << to_string(isa);
      }
    }
  }
}

void expect_same_bits(const std::vector<PointerScores>& a, const std::vector<PointerScores>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].head, b[i].head) << i;
    ASSERT_EQ(a[i].tail, b[i].tail) << i;
  }
}

// Alone or together, in one thread or three, in small chunks or large ones, from the cache or computed anew.
TEST_P(BertCpuGolden, NeighboursThreadsChunksAndCacheChangeNoBit) {
  std::shuffle(golden_.begin(), golden_.end(), std::mt19937(20231121));
  std::vector<PointerQuery> queries;
  for (size_t i = 0; i < 14; ++i) {
    queries.insert(queries.end(), golden_[i].windows.begin(), golden_[i].windows.end());
  }
  for (const Isa isa : available_isas()) {
    BertCpu alone = model(isa, 1, 0), together = model(isa, 3), in_pieces = model(isa, 2, 200'000, 300);
    std::vector<PointerScores> wanted;
    for (const PointerQuery& query : queries) wanted.push_back(run(alone, {query})[0]);
    expect_same_bits(wanted, run(together, queries));
    expect_same_bits(wanted, run(together, queries));  // all from the cache
    expect_same_bits(wanted, run(in_pieces, queries));
    std::vector<PointerScores> one_by_one;  // with evictions
    for (const PointerQuery& query : queries) one_by_one.push_back(run(in_pieces, {query})[0]);
    expect_same_bits(wanted, one_by_one);
    EXPECT_EQ(alone.lower_half().text_passes, queries.size());
    EXPECT_EQ(together.lower_half().text_passes + together.lower_half().text_reuses, 2 * queries.size());
  }
}

// Three windows, nine prompts on two levels, the second level in another batch: three passes over the text.
TEST_P(BertCpuGolden, TheLowerHalfRunsOncePerWindow) {
  std::vector<int32_t> text(1'000);
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<int32_t>(i * 7 % 2'500);
  const auto level = [&](int32_t first_prompt) {
    std::vector<PointerQuery> queries;
    for (int32_t prompt = first_prompt; prompt < first_prompt + 9; ++prompt) {
      for (PointerQuery& query : test::windows_of(text, {2, prompt, 3})) queries.push_back(std::move(query));
    }
    return queries;
  };
  BertCpu model = this->model(best_isa(), 2);
  run(model, level(100));
  run(model, level(200));
  EXPECT_EQ(model.lower_half().text_passes, 3U);
  EXPECT_EQ(model.lower_half().text_reuses, 2 * 27U - 3);
  EXPECT_EQ(model.lower_half().hint_passes, 18U);  // all windows of a long text ask at the same position
  run(model, level(100));                          // the same text in another extraction
  EXPECT_EQ(model.lower_half().text_passes, 3U);

  // Another text, however like it, gives that text's logits.
  text[500] = 1;
  BertCpu fresh = this->model(best_isa(), 1, 0);
  expect_same_bits(run(fresh, level(100)), run(model, level(100)));
}

INSTANTIATE_TEST_SUITE_P(Folders, BertCpuGolden,
                         ::testing::Values("a-cross12", "b-plain8-fp16", "c-cross7-smallvocab", "d-cross6-bf16"),
                         [](const auto& folder) { return std::string(folder.param, 1); });

}  // namespace
}  // namespace uie::model::cpu
