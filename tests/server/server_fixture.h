// A real Server on a free loopback port, over a FakeService.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "base/fake_metrics.h"
#include "server/client.h"
#include "server/fake_service.h"
#include "uie/base/log.h"
#include "uie/server/server.h"

namespace uie::testing_support {

inline constexpr const char* simple_request = R"({"text":"云南的省会是昆明","schema":{"地理位置":null}})";

class ServerTest : public ::testing::Test {
 protected:
  // Change `options` and `limits` before.
  void start(FakeService::Engine engine = FakeService::echo, const QueueOptions& queue = {}) {
    static const bool quiet = (init_log("error", "text"), true);
    ASSERT_TRUE(quiet);
    service = std::make_unique<FakeService>(std::move(engine), queue);
    options.port = 0;
    server = std::make_unique<Server>(*service, options, limits, metrics);
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().message;
  }

  void TearDown() override {
    if (service) service->release();
    if (server) server->stop();
  }

  Client connect() const { return Client(server->port()); }

  Answer ask(const std::string& request) const {
    auto answer = connect().request(request);
    EXPECT_TRUE(answer) << "no answer to " << request.substr(0, 200);
    return answer.value_or(Answer{});
  }

  static bool wait_for(const std::function<bool()>& condition,
                       std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  ServerOptions options;
  SchemaLimits limits;
  FakeMetrics metrics;
  std::unique_ptr<FakeService> service;
  std::unique_ptr<Server> server;
};

}  // namespace uie::testing_support
