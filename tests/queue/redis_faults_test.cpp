// What may happen to the connection with Redis, to Redis and to workers. Nothing is lost, and all heals by itself.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "base/fake_metrics.h"
#include "queue/fault_proxy.h"
#include "queue/jobs.h"
#include "queue/redis_server.h"

namespace uie::testing_support {
namespace {

WorkerCard card() { return {"m", "rex-uninlu", "dir", "fp32", "cpu", 1, 2, 512}; }

std::unique_ptr<RedisWorker> start_worker(const RedisOptions& options, Metrics& metrics = no_metrics()) {
  auto worker = make_redis_worker(options, "m", metrics).value();
  worker->announce(card());
  return worker;
}

// Takes and echoes until closed.
class Echo {
 public:
  explicit Echo(RedisWorker& worker)
      : worker_(worker), thread_([this] {
          while (!worker_.closed()) {
            if (const auto job = worker_.take(Deadline::after(milliseconds(100))))
              worker_.finish(job->id, answer_for(*job));
          }
        }) {}
  ~Echo() {
    worker_.close();
    thread_.join();
  }

 private:
  RedisWorker& worker_;
  std::thread thread_;
};

// One that takes a job and never answers, as a process does that dies: its claims are not renewed, for it is cut off.
class Doomed {
 public:
  Doomed(const RedisServer& server, RedisOptions options, int number)
      : proxy_(server.socket() + ".doomed" + std::to_string(number), server.socket()) {
    options.url = proxy_.url();
    options.instance = "doomed" + std::to_string(number);
    worker_ = start_worker(options);
  }
  std::optional<Job> take() { return worker_->take(late()); }
  void die() { proxy_.fault(Fault::cut); }

 private:
  FaultProxy proxy_;
  std::unique_ptr<RedisWorker> worker_;
};

class RedisFaults : public testing::TestWithParam<Fault> {};

TEST_P(RedisFaults, HealWithinTenSecondsAndLoseNothing) {
  RedisServer server;
  FaultProxy front_side(server.socket() + ".front", server.socket());
  FaultProxy worker_side(server.socket() + ".worker", server.socket());
  RedisOptions options = server.options();
  options.claim_ms = 1'000;
  options.url = worker_side.url();
  const auto worker = start_worker(options);
  options.url = front_side.url();
  const auto front = make_redis_front(options, {}).value();
  const Echo echo(*worker);
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0, refused = 0, wrong = 0;
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      for (int i = 0; !stop; ++i) {
        const std::string text = std::to_string(c) + "/" + std::to_string(i);
        auto reply = front->queue("m").submit(make_job(text));
        if (!reply) {
          ++refused;
          wrong += reply.error().code != ErrorCode::unavailable;
          std::this_thread::sleep_for(milliseconds(20));
          continue;
        }
        const auto result = (*reply)->wait(late());
        if (result && echoed(*result) == text) {
          ++answered;
        } else {
          ++wrong;
        }
      }
    });
  }
  ASSERT_TRUE(eventually([&] { return answered > 50; }));
  for (FaultProxy* side : {&front_side, &worker_side}) {
    side->fault(GetParam());
    std::this_thread::sleep_for(milliseconds(3'000));
    side->fault(Fault::none);
    const int before = answered;
    const Deadline end = Deadline::after(milliseconds(10'000));
    while (answered < before + 50 && !end.expired()) std::this_thread::sleep_for(milliseconds(10));
    EXPECT_GE(answered, before + 50) << "it healed within 10 s";
  }
  stop = true;
  for (auto& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
}

std::string name_of(const testing::TestParamInfo<Fault>& fault) {
  constexpr const char* kNames[] = {"none", "latency", "cut", "half_open", "garbage", "slow_close"};
  return kNames[static_cast<int>(fault.param)];
}

INSTANTIATE_TEST_SUITE_P(All, RedisFaults,
                         testing::Values(Fault::latency, Fault::cut, Fault::half_open, Fault::garbage,
                                         Fault::slow_close),
                         name_of);

TEST(RedisQueue, AJobOfADeadWorkerGoesToAnother) {
  RedisServer server;
  RedisOptions options = server.options();
  options.claim_ms = 1'000;
  const auto front = make_redis_front(options, {}).value();
  Doomed doomed(server, options, 1);
  const auto reply = front->queue("m").submit(make_job("a")).value();
  ASSERT_TRUE(doomed.take());
  doomed.die();
  FakeMetrics metrics;
  const auto worker = start_worker(options, metrics);
  const Echo echo(*worker);
  EXPECT_EQ(echoed(*reply->wait(late())), "a");
  EXPECT_EQ(metrics.value("uie_jobs_redelivered_total"), 1);
}

TEST(RedisQueue, AJobWhoseWorkersDieIsGivenUpAndItsNeighbourIsNot) {
  RedisServer server;
  RedisOptions options = server.options();
  options.claim_ms = 1'000;
  options.trials = 1;
  const auto front = make_redis_front(options, {}).value();
  auto first = std::make_unique<Doomed>(server, options, 1);
  const auto poisoned = front->queue("m").submit(make_job("poison")).value();
  const auto neighbour = front->queue("m").submit(make_job("neighbour")).value();
  ASSERT_TRUE(first->take() && first->take());
  first->die();
  Doomed second(server, options, 2);
  const auto tried = second.take();
  ASSERT_TRUE(tried);
  EXPECT_EQ(tried->task.text.bytes(), "poison") << "one at a time, the oldest first";
  second.die();
  const auto worker = start_worker(options);
  const Echo echo(*worker);
  EXPECT_EQ(echoed(*neighbour->wait(late())), "neighbour");
  const auto result = poisoned->wait(late());
  ASSERT_TRUE(result && !*result);
  EXPECT_NE(result->error().message.find("given up"), std::string::npos);

  const auto letters = list_dead_letters(options, "").value();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].request_id, "request of poison");
  EXPECT_EQ(letters[0].characters, 6u);
  EXPECT_EQ(requeue_dead_letters(options, "m", "1-1").value(), 0u) << "no such letter";
  EXPECT_EQ(requeue_dead_letters(options, "m", letters[0].id).value(), 1u);
  EXPECT_TRUE(eventually([&] { return server.say("HLEN uie:model:m:live") == "0"; })) << "it ran again";
  EXPECT_TRUE(list_dead_letters(options, "m").value().empty());
}

TEST(RedisQueue, ARestartTakesUpItsOwn) {
  RedisServer server;
  RedisOptions options = server.options();
  options.claim_ms = 600'000;  // nobody else would
  const auto front = make_redis_front(options, {}).value();
  Doomed doomed(server, options, 1);
  const auto reply = front->queue("m").submit(make_job("a")).value();
  ASSERT_TRUE(doomed.take());
  doomed.die();
  options.instance = "doomed1";
  const auto worker = start_worker(options);
  const Echo echo(*worker);
  EXPECT_EQ(echoed(*reply->wait(late())), "a");
}

TEST(RedisQueue, SurvivesARestartOfRedis) {
  RedisServer server;
  const auto front = make_redis_front(server.options(), {}).value();
  const auto worker = start_worker(server.options());
  const auto reply = front->queue("m").submit(make_job("a")).value();
  server.stop(SIGKILL);
  EXPECT_TRUE(eventually([&] { return !front->view().connected; }));
  EXPECT_TRUE(eventually([&] {
    const auto refused = front->queue("m").submit(make_job("b"));
    return !refused && refused.error().code == ErrorCode::unavailable;
  }));
  server.start();
  const Echo echo(*worker);
  EXPECT_EQ(echoed(*reply->wait(late())), "a");
  EXPECT_TRUE(eventually([&] { return front->view().connected; }));
}

TEST(RedisQueue, ALostJobIsSaidToBeLost) {
  RedisServer server;
  const auto front = make_redis_front(server.options(), {}).value();
  const auto worker = start_worker(server.options());
  const auto reply = front->queue("m").submit(make_job("a")).value();
  server.say("FLUSHALL");
  const auto result = reply->wait(late());
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, ErrorCode::unavailable);
}

TEST(RedisQueue, ALongTextStandsBesideItsEntryAndGoesWithIt) {
  RedisServer server;
  const auto front = make_redis_front(server.options(), {}).value();
  const auto worker = start_worker(server.options());
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "文";
  const auto reply = front->queue("m").submit(make_job(text)).value();
  EXPECT_NE(server.say("--scan --pattern uie:model:m:text:*"), "");
  const Echo echo(*worker);
  EXPECT_EQ(echoed(*reply->wait(late())), text);
  EXPECT_EQ(server.say("--scan --pattern uie:model:m:text:*"), "");
}

TEST(RedisQueue, WithoutAWorkerNothingIsAccepted) {
  RedisServer server;
  const auto front = make_redis_front(server.options(), {}).value();
  const auto refused = front->queue("m").submit(make_job("a"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_NE(refused.error().message.find("no worker"), std::string::npos);
}

TEST(RedisQueue, AnotherVersionIsRefusedCleanly) {
  RedisServer server;
  const auto front = make_redis_front(server.options(), {}).value();
  const auto worker = start_worker(server.options());
  server.say("XADD uie:model:m:jobs '*' v 999 job j replies r task x");
  server.say("HSET uie:model:m:live j '1-1 0'");
  const Echo echo(*worker);
  EXPECT_TRUE(eventually([&] { return server.say("XLEN uie:replies:r") == "1"; })) << "an answer, though an error";
  EXPECT_NE(server.say("XRANGE uie:replies:r - +").find("another version"), std::string::npos);
}

TEST(RedisQueue, StoppingPutsBackWhatWasNotBegun) {
  RedisServer server;
  const auto front = make_redis_front(server.options(), {}).value();
  auto first = start_worker(server.options());
  std::vector<std::unique_ptr<Reply>> replies;
  for (const char* text : {"a", "b", "c"}) replies.push_back(front->queue("m").submit(make_job(text)).value());
  const auto begun = first->take(late());
  first->finish(begun->id, answer_for(*begun));
  first.reset();
  EXPECT_EQ(echoed(*replies[0]->wait(late())), "a");
  const auto second = start_worker(server.options());
  const Echo echo(*second);
  EXPECT_EQ(echoed(*replies[1]->wait(late())), "b");
  EXPECT_EQ(echoed(*replies[2]->wait(late())), "c");
}

}  // namespace
}  // namespace uie::testing_support
