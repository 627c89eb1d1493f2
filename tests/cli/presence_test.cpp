// A worker whose devices fail is no longer counted on, and is again when one comes back.
#include "cli/presence.h"

#include <atomic>

#include <gtest/gtest.h>

#include "queue/jobs.h"
#include "queue/redis_server.h"

namespace uie::cli {
namespace {

using testing_support::eventually;
using testing_support::late;
using testing_support::make_job;
using testing_support::RedisServer;

TEST(Presence, FollowsTheDevices) {
  RedisServer redis;
  const auto front = make_redis_front(redis.options(), {}).value();
  JobQueue& queue = front->queue("m");
  const auto worker = make_redis_worker(redis.options(), "m").value();
  std::atomic<bool> healthy = true;
  Presence presence(*worker, [&]() -> std::optional<WorkerCard> {
    if (!healthy) return std::nullopt;
    return WorkerCard{"m", "rex-uninlu", "dir", "fp32", "cpu", 1, 2, 512};
  });
  const auto first = queue.submit(make_job("a")).value();
  const auto taken = worker->take(late());
  ASSERT_TRUE(taken);

  healthy = false;
  EXPECT_TRUE(eventually([&] { return redis.say("ZRANGEBYSCORE uie:model:m:workers $(date +%s000) +inf").empty(); }));
  const auto refused = queue.submit(make_job("b"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no worker"), std::string::npos);
  worker->finish(taken->id, testing_support::answer_for(*taken));
  EXPECT_TRUE(first->wait(late())) << "what it has in hand it still answers";

  healthy = true;
  Result<std::unique_ptr<Reply>> second;
  EXPECT_TRUE(eventually([&] { return (second = queue.submit(make_job("c"))).has_value(); }));
  EXPECT_TRUE(worker->take(late()));
}

TEST(Presence, IsNotSaidBeforeADeviceIsThere) {
  RedisServer redis;
  const auto front = make_redis_front(redis.options(), {}).value();
  const auto worker = make_redis_worker(redis.options(), "m").value();
  const Presence presence(*worker, [] { return std::nullopt; });
  EXPECT_FALSE(front->queue("m").submit(make_job("a")));
}

}  // namespace
}  // namespace uie::cli
