// The contract of BatchStore over a real redis-server, and what memory cannot do.
#include "queue/batch_contract.h"
#include "queue/redis_server.h"

namespace uie::testing_support {
namespace {

RedisServer& server() {
  static RedisServer one;
  return one;
}

RedisOptions fresh_prefix() {
  static int made = 0;
  RedisOptions options = server().options();
  options.prefix = "batches" + std::to_string(++made);
  return options;
}

std::unique_ptr<BatchStore> make_redis(const BatchOptions& options) {
  return make_redis_batch_store(fresh_prefix(), options).value();
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Redis, BatchContract, testing::Values(BatchBackend{"redis", make_redis}));

TEST(RedisBatches, OutliveTheProcessAndTheServer) {
  const RedisOptions redis = fresh_prefix();
  std::string id;
  {
    const auto first = make_redis_batch_store(redis, {}).value();
    EXPECT_TRUE(first->durable());
    id = first->create({"question", {"a", "b"}, "key", "digest"}).value().batch.id;
    ASSERT_TRUE(first->claim(Deadline::after(std::chrono::seconds(1))).value());
    ASSERT_TRUE(first->append(id, 0, {"A"}, 0));
    first->release(id);
  }
  server().stop(SIGTERM);
  const auto second = make_redis_batch_store(redis, {}).value();
  const auto lost = second->find(id);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::unavailable);
  server().start();
  EXPECT_EQ(second->find(id).value().done, 1u);
  const auto work = second->claim(Deadline::after(std::chrono::seconds(1))).value();
  ASSERT_TRUE(work);
  EXPECT_EQ(work->next, 1u);
  EXPECT_EQ(second->lines(id, 1, 9).value(), std::vector<std::string>{"b"});
}

TEST(RedisBatches, LinesOfAnySizeAndNumber) {
  const auto store = make_redis_batch_store(fresh_prefix(), {}).value();
  std::vector<std::string> lines(20'000, "甲乙丙");
  lines[7'000] = std::string(2'000'000, 'x') + std::string("\0\r\n", 3);
  const BatchView batch = store->create({"question", lines, "", ""}).value().batch;
  EXPECT_EQ(batch.total, lines.size());
  EXPECT_EQ(store->lines(batch.id, 0, lines.size()).value(), lines);
  ASSERT_TRUE(store->remove(batch.id));
}

}  // namespace uie::testing_support
