// The fast path against the reference on random models: every switch, sizes that fill no vector, every length.
#include <gtest/gtest.h>

#include <cmath>

#include "model/random_query.h"
#include "model/tiny_checkpoint.h"
#include "uie/model/encoder.h"

namespace uie {
namespace {

using nlohmann::json;

std::unique_ptr<Encoder> load(const std::filesystem::path& folder, bool reference, int threads) {
  EncoderOptions options;
  options.reference = reference;
  options.dtype = "fp32";
  options.threads = threads;
  options.pin_threads = false;
  auto encoder = load_encoder(folder, options);
  EXPECT_TRUE(encoder) << encoder.error().message;
  return encoder ? std::move(*encoder) : nullptr;
}

std::vector<LinkHits> run(Encoder& encoder, const std::vector<Query>& queries) {
  std::vector<const Query*> batch;
  for (const Query& query : queries) batch.push_back(&query);
  auto results = encoder.run(batch);
  EXPECT_TRUE(results) << results.error().message;
  std::vector<LinkHits> hits;
  for (QueryResult& result : *results) hits.push_back(std::get<LinkHits>(std::move(result)));
  return hits;
}

// Asks for whole rows of Z, so that nothing hides below the threshold.
std::vector<Query> with_row_probes(test::RandomQueries& random, int count, int longest) {
  std::vector<Query> queries;
  for (int i = 0; i < count; ++i) {
    LinkQuery query = random(random.pick(4, longest));
    const auto length = static_cast<uint32_t>(query.ids.size());
    for (const uint32_t row : {0U, length / 2, length - 1}) {
      for (uint32_t col = 0; col < length; ++col) query.probes.push_back({row, col});
    }
    queries.emplace_back(std::move(query));
  }
  return queries;
}

void expect_near(const LinkHits& wanted, const LinkHits& got, const std::string& what) {
  ASSERT_EQ(wanted.probes.size(), got.probes.size()) << what;
  float scale = 1;
  for (const float logit : wanted.probes) scale = std::max(scale, std::abs(logit));
  for (size_t i = 0; i < wanted.probes.size(); ++i) {
    ASSERT_NEAR(wanted.probes[i], got.probes[i], 2e-4F * scale) << what << " probe " << i;
  }
}

std::vector<std::pair<std::string, json>> variants() {
  std::vector<std::pair<std::string, json>> all;
  const auto add = [&](std::string name, const json& changes) {
    json config = test::tiny_config();
    config.update(changes);
    all.emplace_back(std::move(name), std::move(config));
  };
  add("as published", json::object());
  add("c2p only", {{"pos_att_type", "c2p"}});
  add("p2c only, own projections", {{"pos_att_type", "p2c"}, {"share_att_key", false}});
  add("no terms", {{"pos_att_type", ""}});
  add("not relative", {{"relative_attention", false}, {"position_biased_input", true}, {"type_vocab_size", 2}});
  add("log buckets", {{"max_relative_positions", 40}});
  add("span of positions", {{"position_buckets", -1}});
  add("span of farthest", {{"position_buckets", -1}, {"max_relative_positions", 5}});
  add("table not normalised", {{"norm_rel_ebd", "none"}});
  add("no conv", {{"conv_kernel_size", 0}});
  add("wide grouped conv", {{"conv_kernel_size", 7}, {"conv_groups", 4}, {"conv_act", "tanh"}});
  add("kernel of one, relu", {{"conv_kernel_size", 1}, {"conv_act", "relu"}, {"hidden_act", "relu"}});
  add("tanh inside", {{"hidden_act", "tanh"}});
  add("narrow embedding", {{"embedding_size", 10}, {"position_biased_input", true}, {"type_vocab_size", 2}});
  add("odd sizes", {{"hidden_size", 42}, {"num_attention_heads", 6}, {"intermediate_size", 37}});
  add("one wide head", {{"hidden_size", 70}, {"num_attention_heads", 1}, {"intermediate_size", 130}});
  add("heads of one", {{"hidden_size", 10}, {"num_attention_heads", 10}});
  add("large eps", {{"layer_norm_eps", 0.1}});
  return all;
}

TEST(EncoderPaths, FastEqualsReferenceForEverySwitch) {
  unsigned seed = 1;
  for (const auto& [name, config] : variants()) {
    const test::ScratchFolder folder;
    test::TinyCheckpoint(config, seed).write(folder.path());
    test::RandomQueries random(seed++, 60);
    const auto reference = load(folder.path(), true, 1), fast = load(folder.path(), false, 2);
    ASSERT_TRUE(reference && fast) << name;
    const auto queries = with_row_probes(random, 12, 60);
    const auto wanted = run(*reference, queries), got = run(*fast, queries);
    for (size_t i = 0; i < queries.size(); ++i) {
      expect_near(wanted[i], got[i], name + ", query " + std::to_string(i));
    }
  }
}

TEST(EncoderPaths, EveryLengthAlone) {
  const test::ScratchFolder folder;
  test::TinyCheckpoint(test::tiny_config(), 99).write(folder.path());
  const auto reference = load(folder.path(), true, 1), fast = load(folder.path(), false, 2);
  ASSERT_TRUE(reference && fast);
  test::RandomQueries random(99, 60);
  for (size_t length = 1; length <= 140; ++length) {
    LinkQuery query;
    for (size_t i = 0; i < length; ++i) {
      query.ids.push_back(random.pick(0, 63));
      query.positions.push_back(static_cast<int32_t>(i));
      query.groups.push_back(random.pick(0, 2));  // any pattern is valid input, not only what hints make
      query.slots.push_back(random.pick(0, 2));
      query.segments.push_back(0);
      query.probes.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(length - 1 - i)});
    }
    const std::vector<Query> one = {query};
    expect_near(run(*reference, one)[0], run(*fast, one)[0], "length " + std::to_string(length));
  }
}

// Position ids in any order: the contract says range, not shape.
TEST(EncoderPaths, AnyPositions) {
  auto config = test::tiny_config();
  for (const int farthest : {-1, 40}) {
    config["max_relative_positions"] = farthest;
    const test::ScratchFolder folder;
    test::TinyCheckpoint(config, 5).write(folder.path());
    const auto reference = load(folder.path(), true, 1), fast = load(folder.path(), false, 2);
    ASSERT_TRUE(reference && fast);
    test::RandomQueries random(5, 60);
    auto queries = with_row_probes(random, 10, 60);
    for (Query& query : queries) {
      for (int32_t& position : std::get<LinkQuery>(query).positions) position = random.pick(0, 511);
    }
    const auto wanted = run(*reference, queries), got = run(*fast, queries);
    for (size_t i = 0; i < queries.size(); ++i) expect_near(wanted[i], got[i], "query " + std::to_string(i));
  }
}

// No result depends on its neighbours, nor on how many threads worked.
TEST(EncoderPaths, NeighboursAndThreadsChangeNothing) {
  const test::ScratchFolder folder;
  test::TinyCheckpoint(test::tiny_config(), 17).write(folder.path());
  const auto one = load(folder.path(), false, 1), three = load(folder.path(), false, 3);
  ASSERT_TRUE(one && three);
  test::RandomQueries random(17, 60);
  for (int round = 0; round < 30; ++round) {
    const auto queries = with_row_probes(random, random.pick(1, 9), 60);
    const auto together = run(*three, queries);
    for (size_t i = 0; i < queries.size(); ++i) {
      const auto alone = run(*one, {queries[i]})[0];
      expect_near(alone, together[i], "round " + std::to_string(round));
      ASSERT_EQ(alone.links.size(), together[i].links.size());
    }
  }
}

}  // namespace
}  // namespace uie
