// The real binary with the real model over HTTP.
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <regex>
#include <thread>

#include <nlohmann/json.hpp>

#include "program.h"

namespace uie::test {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

class ServeProgram : public testing::Test {
 protected:
  ServeProgram() : server_({"serve", "--port", "0"}) {
    for (int tries = 0; tries < 600 && port_ == 0; ++tries) {
      std::smatch found;
      const std::string out = server_.out();
      if (std::regex_search(out, found, std::regex(R"(UI ready at http://localhost:(\d+))")))
        port_ = std::stoi(found[1]);
      std::this_thread::sleep_for(50ms);
    }
  }

  void SetUp() override { ASSERT_NE(port_, 0) << server_.err(); }

  httplib::Client client() const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(60s);
    return client;
  }

  Process server_;
  int port_ = 0;
};

const char* const kRequest = R"({"text":"王小明在北京大学读书。","schema":{"人物":null,"组织机构":null}})";

TEST_F(ServeProgram, AnswersHealthAndShowsThePage) {
  EXPECT_NE(server_.out().find("No GPU: running on the CPU"), std::string::npos) << server_.out();
  auto http = client();
  const auto answer = http.Post("/v1/extract", kRequest, "application/json");
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->status, 200) << answer->body;
  const Json json = Json::parse(answer->body);
  EXPECT_EQ(json["results"][0]["output"][0][0]["span"], "王小明");
  EXPECT_EQ(json["device"], "cpu");
  EXPECT_EQ(Json::parse(http.Get("/health")->body)["status"], "healthy");
  EXPECT_EQ(http.Get("/readyz")->status, 200);
  EXPECT_NE(http.Get("/")->body.find("uie-server"), std::string::npos);
  EXPECT_NE(http.Get("/metrics")->body.find("uie_queue_depth"), std::string::npos);
  EXPECT_EQ(http.Post("/v1/extract", "{", "application/json")->status, 400);
  EXPECT_EQ(Json::parse(http.Get("/v1/models")->body)["models"][0]["family"], "rex-uninlu");
}

TEST_F(ServeProgram, SigtermAnswersWhatWasAcceptedAndEndsWithStatusZero) {
  constexpr int kClients = 16;
  std::atomic<int> answered = 0, refused = 0, lost = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      auto http = client();
      http.set_keep_alive(true);
      while (!stop) {
        const auto answer = http.Post("/v1/extract", kRequest, "application/json");
        // After the signal a connection may be refused or closed before a request is sent on it, never after it was
        // accepted.
        if (!answer) {
          (answer.error() == httplib::Error::Connection ? refused : lost)++;
          return;
        }
        answer->status == 200 ? ++answered : ++lost;
      }
    });
  }
  while (answered < 50) std::this_thread::sleep_for(5ms);
  server_.signal(SIGTERM);
  const int status = server_.wait();
  stop = true;
  for (auto& thread : clients) thread.join();
  EXPECT_EQ(status, 0);
  EXPECT_GE(answered, 50);
  // A keep-alive connection may be closed between two requests just as the client writes: that request was never read.
  EXPECT_LE(lost, 0) << server_.err();
}

}  // namespace
}  // namespace uie::test
