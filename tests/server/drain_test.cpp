// stop(): nothing that was accepted goes unanswered.
#include "server/server_fixture.h"

#include <atomic>
#include <thread>

namespace uie {
namespace {

using std::chrono::milliseconds;
using testing_support::Answer;
using testing_support::Client;
using testing_support::FakeService;
using testing_support::get;
using testing_support::post;
using testing_support::simple_request;

class DrainTest : public testing_support::ServerTest {};

TEST_F(DrainTest, AnswersWhatWasAccepted) {
  start();
  service->hold();
  Client waiting = connect(), halfway = connect(), idle = connect();
  ASSERT_TRUE(waiting.send(post("/v1/extract", simple_request)));
  const std::string request = post("/v1/extract", simple_request);
  ASSERT_TRUE(halfway.send(request.substr(0, 60)));
  ASSERT_TRUE(idle.request(get("/livez")));
  ASSERT_TRUE(wait_for([&] { return service->queue("")->stats().depth == 1; }));

  std::thread stopping([&] { server->stop(); });
  std::this_thread::sleep_for(milliseconds(50));
  const auto unready = idle.request(get("/readyz"));  // open connections still get answers
  ASSERT_TRUE(unready);
  EXPECT_EQ(unready->status, 503);
  EXPECT_EQ(unready->header("connection"), "close");
  EXPECT_FALSE(Client(server->port()).request(get("/livez")));  // new ones do not
  ASSERT_TRUE(halfway.send(request.substr(60)));
  std::this_thread::sleep_for(milliseconds(400));
  service->release();
  for (Client* client : {&waiting, &halfway}) {
    const auto answer = client->receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->header("connection"), "close");
  }
  waiting.close();
  halfway.close();
  idle.close();
  stopping.join();
  EXPECT_EQ(metrics.value("uie_http_connections"), 0);
}

TEST_F(DrainTest, PatienceEnds) {
  options.drain_timeout_ms = 300;
  start();
  service->hold();
  Client client = connect(), never = connect();
  ASSERT_TRUE(client.send(post("/v1/extract", simple_request)));
  ASSERT_TRUE(never.send("GET /never"));
  ASSERT_TRUE(wait_for([&] { return service->queue("")->stats().depth == 1; }));
  const auto began = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
}

// Clients hammer over keep-alive connections while the server stops: every request that was sent on a connection that
// the server had not said it would close gets a whole answer.
TEST_F(DrainTest, UnderLoad) {
  start([](const Job& job) {
    std::this_thread::sleep_for(milliseconds(1));
    return FakeService::echo(job);
  });
  std::atomic<int> answered{0}, lost{0}, told{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      Client client = connect();
      while (true) {
        const auto answer = client.request(post("/v1/extract", simple_request));
        if (!answer || answer->status != 200) {
          ++lost;
          return;
        }
        ++answered;
        if (answer->header("connection") == "close") {
          ++told;
          return;
        }
      }
    });
  }
  ASSERT_TRUE(wait_for([&] { return answered > 200; }));
  server->stop();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(told, 16);
}

TEST_F(DrainTest, StopsTwiceAndAtOnceWhenIdle) {
  start();
  Client idle = connect();
  EXPECT_EQ(idle.request(get("/livez"))->status, 200);
  const auto began = std::chrono::steady_clock::now();
  std::thread closing([&] {
    idle.closed_within(milliseconds(5'000));
    idle.close();
  });
  server->stop();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  closing.join();
}

TEST_F(DrainTest, RestartsOnTheSamePort) {
  start();
  const int port = server->port();
  EXPECT_EQ(ask(get("/livez")).status, 200);
  server->stop();
  options.port = port;
  server = std::make_unique<Server>(*service, options, limits, metrics);
  ASSERT_TRUE(server->start());
  EXPECT_EQ(ask(get("/livez")).status, 200);
}

}  // namespace
}  // namespace uie
