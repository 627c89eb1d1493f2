#include "uie/server/load_generator.h"

#include <chrono>
#include <thread>

#include "server/server_fixture.h"

namespace uie::testing_support {
namespace {

using std::chrono::milliseconds;

class LoadGeneratorTest : public ServerTest {
 protected:
  LoadOptions load(double rate, size_t connections) const {
    LoadOptions load;
    load.port = server->port();
    load.bodies = {simple_request};
    load.connections = connections;
    load.rate = rate;
    load.duration = milliseconds(500);
    return load;
  }
};

TEST_F(LoadGeneratorTest, OpenLoopOffersItsRateAndNoMore) {
  start();
  const auto report = run_load(load(100, 8));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->answered, 50u);
  EXPECT_EQ(report->by_status.at(200).count, 50u);
  EXPECT_EQ(report->unsent, 0u);
}

// The server that is measured must not slow down what is asked of it, nor hide how long those wait that it holds up.
TEST_F(LoadGeneratorTest, OpenLoopCountsFromWhenARequestWasDue) {
  start([](const Job& job) {
    std::this_thread::sleep_for(milliseconds(50));
    return FakeService::echo(job);
  });
  const auto report = run_load(load(100, 1));  // of which it can answer 20 a second
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_LE(report->answered, 11u);
  EXPECT_EQ(report->answered + report->unsent, 50u);
  EXPECT_GT(report->all.max_ms, 300);  // the last one sent was due long before; its own answer took 50 ms
}

TEST_F(LoadGeneratorTest, TellsRefusalsApart) {
  QueueOptions queue;
  queue.max_jobs = 1;
  start(FakeService::echo, queue);
  service->hold();
  std::thread later([this] {
    std::this_thread::sleep_for(milliseconds(700));
    service->release();
  });
  const auto report = run_load(load(100, 8));
  later.join();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->by_status.at(200).count + report->by_status.at(429).count, 50u);
  EXPECT_GT(report->by_status.at(429).count, 40u);
  EXPECT_EQ(report->refused, report->by_status.at(429).count);
}

}  // namespace
}  // namespace uie::testing_support
