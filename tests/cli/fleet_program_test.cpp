// Roles of the real binary around a real redis-server.
#include <gtest/gtest.h>
#include <httplib.h>

#include <functional>
#include <regex>
#include <thread>

#include <nlohmann/json.hpp>

#include "program.h"
#include "queue/redis_server.h"

namespace uie::test {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;
using testing_support::RedisServer;

class Member {
 public:
  Member(const RedisServer& redis, const std::string& role, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"serve", "--port", "0", "--role", role, "--redis-claim", "1000"};
    words.insert(words.end(), more.begin(), more.end());
    process_ = std::make_unique<Process>(words, "", std::vector<std::string>{"UIE_REDIS=" + redis.url()});
  }
  bool started() {
    for (int tries = 0; tries < 600 && port_ == 0; ++tries) {
      std::smatch found;
      const std::string out = process_->out();
      if (std::regex_search(out, found, std::regex(R"(UI ready at http://localhost:(\d+))")))
        port_ = std::stoi(found[1]);
      std::this_thread::sleep_for(50ms);
    }
    return port_ != 0;
  }
  int status(const std::string& path) const {
    const auto answer = client().Get(path);
    return answer ? answer->status : 0;
  }
  httplib::Result post(const std::string& path, const std::string& body) const {
    return client().Post(path, body, "application/json");
  }
  httplib::Result extract() const {
    return post("/v1/extract", R"({"text":"王小明在北京大学读书。","schema":{"人物":null}})");
  }
  std::string get(const std::string& path) const { return client().Get(path)->body; }
  Process& process() { return *process_; }

 private:
  httplib::Client client() const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(60s);
    return client;
  }

  std::unique_ptr<Process> process_;
  int port_ = 0;
};

bool eventually(const std::function<bool()>& condition) {
  for (int tries = 0; tries < 400; ++tries, std::this_thread::sleep_for(50ms)) {
    if (condition()) return true;
  }
  return condition();
}

TEST(FleetProgram, AFrontEndServesWhatWorkersHave) {
  RedisServer redis;
  Member front(redis, "frontend");
  ASSERT_TRUE(front.started()) << front.process().err();
  EXPECT_EQ(front.status("/livez"), 200);
  EXPECT_EQ(front.status("/readyz"), 503) << "no worker";
  const auto refused = front.extract();
  EXPECT_EQ(refused->status, 503) << refused->body;
  EXPECT_TRUE(refused->has_header("Retry-After"));
  {
    Member worker(redis, "worker", {"--instance", "w"});
    ASSERT_TRUE(worker.started()) << worker.process().err();
    EXPECT_TRUE(eventually([&] { return front.status("/readyz") == 200; }));
    const auto answer = front.extract();
    ASSERT_EQ(answer->status, 200) << answer->body;
    EXPECT_EQ(Json::parse(answer->body)["results"][0]["output"][0][0]["span"], "王小明");
    EXPECT_EQ(Json::parse(front.get("/v1/models"))["models"][0]["family"], "rex-uninlu");
    const auto tokens = front.post("/v1/tokenize", R"({"text":"王小明"})");
    EXPECT_EQ(tokens->status, 501) << "a front end has no tokeniser, and says where one is";
    EXPECT_NE(Json::parse(tokens->body)["detail"].get<std::string>().find("a worker"), std::string::npos);
    EXPECT_EQ(Json::parse(worker.post("/v1/tokenize", R"({"text":"王小明"})")->body)["ids"].size(), 3u);
    EXPECT_NE(front.get("/metrics").find("uie_live_workers{model=\"default\"} 1"), std::string::npos);
    redis.stop();
    EXPECT_TRUE(eventually([&] { return front.status("/readyz") == 503; }));
    EXPECT_EQ(front.status("/livez"), 200);
    EXPECT_EQ(front.extract()->status, 503);
    redis.start();
    EXPECT_TRUE(eventually([&] { return front.extract()->status == 200; }));
    worker.process().signal(SIGTERM);
    EXPECT_EQ(worker.process().wait(), 0);
  }
  EXPECT_TRUE(eventually([&] { return front.status("/readyz") == 503; })) << "the worker has left";
  front.process().signal(SIGTERM);
  EXPECT_EQ(front.process().wait(), 0);
}

TEST(FleetProgram, AllRolesInOneProcessThroughRedis) {
  RedisServer redis;
  Member all(redis, "all");
  ASSERT_TRUE(all.started()) << all.process().err();
  EXPECT_EQ(all.status("/readyz"), 200);
  EXPECT_EQ(all.extract()->status, 200);
  all.process().signal(SIGTERM);
  EXPECT_EQ(all.process().wait(), 0);
}

TEST(FleetProgram, AllRolesGoOnWithoutRedisWhereThatIsAskedFor) {
  RedisServer redis;
  Member all(redis, "all", {"--redis-fallback"});
  ASSERT_TRUE(all.started()) << all.process().err();
  const auto fallback = [&] {
    const auto answer = all.extract();
    EXPECT_EQ(answer->status, 200) << answer->body;
    return Json::parse(answer->body)["fallback"];
  };
  EXPECT_EQ(fallback(), nullptr);
  for (int round = 0; round < 2; ++round) {
    redis.stop();
    EXPECT_TRUE(eventually([&] { return fallback() == "local"; }));
    EXPECT_EQ(all.status("/readyz"), 200) << "it answers";
    EXPECT_NE(all.get("/metrics").find("uie_redis_fallback_active{model=\"default\"} 1"), std::string::npos);
    redis.start();
    EXPECT_TRUE(eventually([&] { return fallback() == nullptr; }));
  }
  all.process().signal(SIGTERM);
  EXPECT_EQ(all.process().wait(), 0);
  const std::string log = all.process().err();
  const auto count = [&](const std::string& words) {
    size_t found = 0;
    for (size_t at = 0; (at = log.find(words, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("answers from its own workers"), 2u) << log;
  EXPECT_EQ(count("jobs go through it again"), 2u) << log;
}

TEST(FleetProgram, WrongUsageIsStatusTwoAndShowsNoSecret) {
  EXPECT_EQ(run_program({"serve", "--role", "worker"}).status, 2) << "no Redis";
  EXPECT_EQ(run_program({"serve", "--role", "king"}).status, 2);
  EXPECT_EQ(run_program({"serve", "--redis-fallback"}).status, 2) << "from what?";
  EXPECT_EQ(run_program({"serve", "--redis-fallback", "--role", "frontend", "--redis", "unix:///nowhere"}).status, 2);
  EXPECT_EQ(run_program({"jobs", "list"}).status, 2);
  EXPECT_EQ(run_program({"jobs", "drop", "--redis", "unix:///nowhere"}).status, 2) << "which?";
  const auto away = run_program({"jobs", "list", "--redis", "redis://u:secret@127.0.0.1:1"});
  EXPECT_EQ(away.status, 1);
  EXPECT_EQ((away.out + away.err).find("secret"), std::string::npos) << away.err;
  const auto shown = run_program({"serve", "--redis", "redis://u:secret@h", "--print-config"});
  EXPECT_EQ(shown.out.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace uie::test
