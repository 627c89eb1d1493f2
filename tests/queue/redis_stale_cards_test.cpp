// The card of a model goes when nobody has served it for long, and only then.
#include "queue/redis_stale_cards.h"

#include <gtest/gtest.h>

#include "queue/jobs.h"
#include "queue/redis_server.h"

namespace uie::testing_support {
namespace {

using redis::StaleCards;

TEST(StaleCards, WaitsFromWhenTheModelWasLastWanted) {
  StaleCards cards(milliseconds(200));
  EXPECT_FALSE(cards.look("p", "m", false));
  std::this_thread::sleep_for(milliseconds(250));
  EXPECT_FALSE(cards.look("p", "m", true)) << "a worker came back";
  EXPECT_FALSE(cards.look("p", "m", false)) << "so the wait begins anew";
  EXPECT_FALSE(cards.look("p", "other", false)) << "and is a model's own";
  std::this_thread::sleep_for(milliseconds(250));
  EXPECT_TRUE(cards.look("p", "m", false));
  EXPECT_FALSE(cards.look("p", "m", false)) << "once";
}

TEST(StaleCards, RedisLooksAgainBeforeACardIsDropped) {
  RedisServer server;
  const auto front = make_redis_front(server.options(), {}).value();
  auto worker = make_redis_worker(server.options(), "m").value();
  worker->announce(WorkerCard{"m", "rex-uninlu", "dir", "fp32", "cpu", 1, 2, 512});
  redis::Connection connection(redis::read_address(server.options()).value(), no_metrics().counter("", ""));
  ASSERT_TRUE(connection.connect());
  // What a front end does that believes the model to be long gone.
  const auto dropped = [&] {
    StaleCards cards(milliseconds(0));
    return connection.run({*cards.look("uie", "m", false)}).value()[0].integer;
  };
  EXPECT_EQ(dropped(), 0) << "a worker is alive";
  const auto reply = front->queue("m").submit(make_job("a")).value();
  worker.reset();
  EXPECT_EQ(dropped(), 0) << "a job waits";
  reply->cancel();
  server.say("XADD uie:model:m:dead '*' job j");
  EXPECT_EQ(dropped(), 0) << "a dead letter waits";
  server.say("DEL uie:model:m:dead");
  EXPECT_TRUE(eventually([&] { return front->view().models.size() == 1; }));
  EXPECT_EQ(dropped(), 1);
  EXPECT_TRUE(eventually([&] { return front->view().models.empty(); }));
}

}  // namespace
}  // namespace uie::testing_support
