// A process in all roles goes on without Redis, and goes back to it; every caller has one answer, its own.
#include "uie/queue/redis_fallback.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "base/fake_metrics.h"
#include "queue/jobs.h"
#include "queue/redis_server.h"

namespace uie::testing_support {
namespace {

class RedisFallbackTest : public testing::Test {
 protected:
  RedisFallbackTest() {
    auto worker = make_redis_worker(server.options(), "m", metrics).value();
    worker->announce(WorkerCard{"m", "rex-uninlu", "dir", "fp32", "cpu", 1, 2, 512});
    queue = make_redis_fallback(*front, front->queue("m"), std::move(worker), {}, metrics);
  }

  FakeMetrics metrics;
  RedisServer server;
  std::unique_ptr<RedisFront> front = make_redis_front(server.options(), {}, metrics).value();
  std::unique_ptr<JobQueue> queue;
};

TEST_F(RedisFallbackTest, NobodyNoticesThatRedisComesAndGoes) {
  std::thread engine([&] {
    while (!queue->closed()) {
      const auto job = queue->take(Deadline::after(milliseconds(100)));
      if (job && !queue->abandoned(job->id)) queue->finish(job->id, answer_for(*job));
    }
  });
  std::atomic<bool> stop = false;
  std::atomic<int> shared = 0, own = 0, wrong = 0;
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      for (int i = 0; !stop; ++i, std::this_thread::sleep_for(milliseconds(1))) {
        const std::string text = std::to_string(c) + "/" + std::to_string(i);
        const auto reply = queue->submit(make_job(text));
        const auto result = reply ? (*reply)->wait(late()) : std::nullopt;
        if (!result || echoed(*result) != text) {
          ++wrong;
        } else {
          ++(is_from_fallback(**result) ? own : shared);
        }
      }
    });
  }
  for (int round = 1; round <= 2; ++round) {
    EXPECT_TRUE(eventually([&, seen = shared.load()] { return shared > seen + 50; })) << "through Redis";
    EXPECT_EQ(metrics.value("uie_redis_fallback_active"), 0);
    server.stop(SIGKILL);
    EXPECT_TRUE(eventually([&, seen = own.load()] { return own > seen + 50; })) << "past Redis";
    EXPECT_EQ(metrics.value("uie_redis_fallback_active"), 1);
    server.start();
  }
  EXPECT_TRUE(eventually([&, seen = shared.load()] { return shared > seen + 50; })) << "through Redis again";
  stop = true;
  for (auto& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(metrics.value("uie_redis_fallback_jobs_total"), own);
  EXPECT_TRUE(eventually([&] { return server.say("HLEN uie:model:m:live") == "0"; })) << "nothing is left behind";
  queue->close();
  engine.join();
}

TEST_F(RedisFallbackTest, WhatRedisHadIsAnsweredToo) {
  const auto reply = queue->submit(make_job("a")).value();
  server.stop(SIGKILL);
  std::optional<JobResult> result;
  std::thread caller([&] { result = reply->wait(late()); });
  const auto job = queue->take(late());
  ASSERT_TRUE(job);
  queue->finish(job->id, answer_for(*job));
  queue->finish(job->id, fail(ErrorCode::internal, "the first answer counts"));
  caller.join();
  ASSERT_TRUE(result);
  EXPECT_EQ(echoed(*result), "a");
  EXPECT_TRUE(is_from_fallback(**result));
  EXPECT_FALSE(reply->wait(soon())) << "once";
}

TEST_F(RedisFallbackTest, ARefusalOfRedisStands) {
  EXPECT_EQ(queue->submit(make_job("a", Deadline::after(milliseconds(0)))).error().code, ErrorCode::deadline);
  server.stop(SIGKILL);
  EXPECT_TRUE(eventually([&] { return queue->submit(make_job("a")).has_value(); }));
  const auto kept = queue->submit(make_job("b")).value();
  EXPECT_GE(queue->stats().depth, 1u);
  kept->cancel();
  const auto result = kept->wait(late());
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, ErrorCode::cancelled);
  queue->close();
  EXPECT_FALSE(queue->submit(make_job("c")));
}

}  // namespace
}  // namespace uie::testing_support
