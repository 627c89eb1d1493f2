// Clients that are slow, greedy, broken or gone, on raw sockets.
#include "server/server_fixture.h"

#include <algorithm>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/resource.h>

namespace uie {
namespace {

using std::chrono::milliseconds;
using testing_support::Answer;
using testing_support::Client;
using testing_support::FakeService;
using testing_support::get;
using testing_support::post;
using testing_support::simple_request;

class GuardTest : public testing_support::ServerTest {};

size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") {
      size_t kib;
      status >> kib;
      return kib;
    }
  }
  return 0;
}

milliseconds elapsed(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - since);
}

TEST_F(GuardTest, SlowHeadersAreCutByTheirTotalTime) {
  options.header_timeout_ms = 400;
  start();
  Client client = connect();
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(client.send("GET /livez HTTP/1.1\r\n"));
  while (elapsed(began) < milliseconds(3'000) && client.send("X")) {
    if (auto answer = client.receive(milliseconds(50))) {
      EXPECT_EQ(answer->status, 408);
      EXPECT_GE(elapsed(began), milliseconds(400));
      EXPECT_EQ(metrics.value("uie_http_refused_total{reason=timeout}"), 1);
      return;
    }
  }
  FAIL() << "no answer to slow headers";
}

TEST_F(GuardTest, SlowBodyIsCutByItsTotalTime) {
  options.body_timeout_ms = 400;
  start();
  for (const char* framing : {"Content-Length: 1000", "Transfer-Encoding: chunked"}) {
    Client client = connect();
    ASSERT_TRUE(client.send("POST /v1/extract HTTP/1.1\r\nHost: x\r\n" + std::string(framing) + "\r\n\r\n"));
    const auto began = std::chrono::steady_clock::now();
    std::optional<Answer> answer;
    while (!answer && elapsed(began) < milliseconds(3'000) && client.send("1\r\nx\r\n"))
      answer = client.receive(milliseconds(50));
    ASSERT_TRUE(answer) << framing;
    EXPECT_EQ(answer->status, 408);
  }
}

TEST_F(GuardTest, SlowClientsCostNoThread) {
  options.http_threads = 1;
  start();
  std::vector<Client> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(connect());
    ASSERT_TRUE(
        slow.back().send(i % 2 ? "GET / HT" : "POST /v1/extract HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"));
  }
  EXPECT_EQ(ask(post("/v1/extract", simple_request)).status, 200);
}

TEST_F(GuardTest, IdleConnectionsAreClosed) {
  options.idle_timeout_ms = 200;
  start();
  Client fresh = connect(), used = connect();
  EXPECT_EQ(used.request(get("/livez"))->status, 200);
  EXPECT_TRUE(fresh.closed_within(milliseconds(3'000)));
  EXPECT_TRUE(used.closed_within(milliseconds(3'000)));
}

// 64 MiB without an end of line: cut at the limit, memory bounded, and the client learns why.
TEST_F(GuardTest, EndlessHeaderLine) {
  start();
  Client client = connect();
  ASSERT_TRUE(client.send("GET /livez HTTP/1.1\r\nHost: x\r\nX: "));
  const size_t before = resident_kib();
  const std::string block(1u << 20, 'a');
  for (int i = 0; i < 64 && client.send(block); ++i) {
  }
  const auto answer = client.receive(milliseconds(5'000));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 431);
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_LT(resident_kib(), before + (16u << 10));
  EXPECT_EQ(metrics.value("uie_http_refused_total{reason=too_large}"), 1);
}

TEST_F(GuardTest, EndlessRequestLine) {
  start();
  Client client = connect();
  client.send("GET /" + std::string(1u << 20, 'a'));
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 414);
}

TEST_F(GuardTest, ManyHeaders) {
  start();
  std::string headers;
  for (int i = 0; i < 10'000; ++i) headers += "X-" + std::to_string(i) + ": value\r\n";
  Client client = connect();
  client.send(get("/livez", headers));
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 431);
}

TEST_F(GuardTest, BodyOverTheLimit) {
  options.max_body_bytes = 1'000;
  start();
  Client announced = connect();
  ASSERT_TRUE(announced.send("POST /v1/extract HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"));
  EXPECT_EQ(announced.receive()->status, 413);  // before a byte of it has come

  Client chunked = connect();
  ASSERT_TRUE(chunked.send("POST /v1/extract HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
  const std::string chunk = "10000\r\n" + std::string(65'536, 'x') + "\r\n";
  for (int i = 0; i < 1'024 && chunked.send(chunk); ++i) {  // 64 MiB
  }
  const auto answer = chunked.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_TRUE(chunked.closed_within(milliseconds(8'000)));
}

TEST_F(GuardTest, AmbiguousFramingIsRefusedAndEndsTheConnection) {
  start();
  const std::string line = "POST /v1/extract HTTP/1.1\r\nHost: x\r\n";
  for (const char* head : {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                           "Content-Length: 3\r\nContent-Length: 4\r\n", "Transfer-Encoding: gzip\r\n"}) {
    Client client = connect();
    // What would be a smuggled request must not be answered.
    ASSERT_TRUE(client.send(line + head + "\r\n0\r\n\r\n" + get("/livez")));
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << head;
    EXPECT_EQ(answer->status, 400) << head;
    EXPECT_FALSE(client.receive(milliseconds(3'000)));
  }
}

TEST_F(GuardTest, Nonsense) {
  start();
  for (const std::string& bytes :
       {std::string("\0\0\0\0\n", 5), std::string("\x16\x03\x01\x00\xa5\x01\x00\n"), std::string("GET\r\n\r\n"),
        std::string("GET / HTTP/1.1\n\n"), std::string("GET \xff HTTP/1.1\r\n\r\n")}) {
    Client client = connect();
    ASSERT_TRUE(client.send(bytes));
    const auto answer = client.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
    EXPECT_TRUE(answer->json().is_object());
  }
}

TEST_F(GuardTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += post("/v1/extract", simple_request, "X-Request-Id: r" + std::to_string(i) + "\r\n");
    all += get("/livez", "X-Request-Id: l" + std::to_string(i) + "\r\n");
  }
  Client client = connect();
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.receive()->header("x-request-id"), "r" + std::to_string(i));
    EXPECT_EQ(client.receive()->header("x-request-id"), "l" + std::to_string(i));
  }
}

// More pipelined bytes than one read takes, arriving while the connection is busy.
TEST_F(GuardTest, LargePipelinedBodies) {
  start();
  const std::string text(60'000, 'a');
  const std::string request = post("/v1/extract", R"({"schema":{"x":null},"text":")" + text + "\"}");
  Client client = connect();
  std::thread sender([&] {
    for (int i = 0; i < 20; ++i) client.send(request);
  });
  for (int i = 0; i < 20; ++i) {
    const auto answer = client.receive();
    EXPECT_TRUE(answer && answer->status == 200);
  }
  sender.join();
}

TEST_F(GuardTest, ExpectContinue) {
  start();
  const std::string body = simple_request;
  Client client = connect();
  ASSERT_TRUE(client.send("POST /v1/extract HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n"));
  EXPECT_FALSE(client.receive(milliseconds(200)));  // no final answer yet
  ASSERT_TRUE(client.send(body));
  EXPECT_EQ(client.receive()->status, 200);
  // The interim answer came, and only when it was asked for.
  Client again = connect();
  ASSERT_TRUE(
      again.send("POST /v1/extract HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"));
  std::this_thread::sleep_for(milliseconds(100));
  ASSERT_TRUE(again.send("2\r\n{}\r\n0\r\n\r\n"));
  const auto answer = again.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->interim, std::vector<int>{100});
  EXPECT_EQ(answer->status, 422);
  EXPECT_EQ(
      ask("POST /v1/extract HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n").status,
      413);
}

TEST_F(GuardTest, OldHttp) {
  start();
  Client closing = connect();
  const auto answer = closing.request("GET /livez HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_TRUE(closing.closed_within(milliseconds(3'000)));
  Client kept = connect();
  EXPECT_EQ(kept.request("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->header("connection"), "keep-alive");
  EXPECT_EQ(kept.request(get("/livez", "Connection: close\r\n"))->header("connection"), "close");
  EXPECT_TRUE(kept.closed_within(milliseconds(3'000)));
}

// `printf … | nc`: the sending side is shut down, the answer is still wanted.
TEST_F(GuardTest, HalfClosedClientGetsItsAnswer) {
  start([](const Job& job) {
    std::this_thread::sleep_for(milliseconds(150));
    return FakeService::echo(job);
  });
  Client client = connect();
  ASSERT_TRUE(client.send(post("/v1/extract", simple_request)));
  client.shut_down_sending();
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(answer->interim.empty());
  EXPECT_TRUE(client.closed_within(milliseconds(3'000)));
}

TEST_F(GuardTest, HalfClosedClientIsAskedWhenItTakesLong) {
  start();
  service->hold();
  Client client = connect();
  ASSERT_TRUE(client.send(post("/v1/extract", simple_request)));
  client.shut_down_sending();
  std::this_thread::sleep_for(milliseconds(1'000));
  EXPECT_EQ(service->queue("")->stats().depth, 1u);  // still wanted
  service->release();
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->interim, std::vector<int>{102});
}

TEST_F(GuardTest, ClientThatLeavesCancelsItsJob) {
  start();
  service->hold();
  Client closing = connect(), resetting = connect();
  ASSERT_TRUE(closing.send(post("/v1/extract", simple_request)));
  ASSERT_TRUE(resetting.send(post("/v1/extract", simple_request)));
  ASSERT_TRUE(wait_for([&] { return service->queue("")->stats().depth == 2; }));
  closing.close();
  resetting.reset();
  EXPECT_TRUE(wait_for([&] { return service->queue("")->stats().depth == 0; }));
  EXPECT_TRUE(wait_for([&] { return metrics.value("uie_http_client_gone_total") == 2; }));
  EXPECT_TRUE(wait_for([&] { return metrics.value("uie_http_connections") == 0; }));
}

// An answer of 3 MB, far more than a socket buffer takes.
JobResult large_answer(const Job& job) {
  auto extracted = FakeService::echo(job);
  for (int i = 0; i < 40'000; ++i) extracted->chains.push_back(extracted->chains.front());
  return extracted;
}

TEST_F(GuardTest, SlowReaderOfALargeAnswer) {
  start(large_answer);
  Client client = connect();
  ASSERT_TRUE(client.send(post("/v1/extract", simple_request)));
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_EQ(ask(get("/livez")).status, 200);
  // The next request arrives while the answer is being written.
  ASSERT_TRUE(client.send(get("/livez")));
  std::this_thread::sleep_for(milliseconds(100));
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->json()["results"][0]["output"].size(), 40'001u);
  const auto next = client.receive(milliseconds(5'000));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, R"({"live":true})");
}

TEST_F(GuardTest, ReaderThatStopsIsDroppedOnDrain) {
  options.drain_timeout_ms = 200;
  start(large_answer);
  Client client = connect();
  ASSERT_TRUE(client.send(post("/v1/extract", simple_request)));
  ASSERT_TRUE(wait_for([&] { return metrics.value("uie_http_requests_total{route=/v1/extract,status=200}") == 1; }));
  const auto began = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(elapsed(began), milliseconds(5'000));
}

TEST_F(GuardTest, IdleConnectionsMakeRoom) {
  options.max_connections = 8;
  start();
  std::vector<Client> idle;
  for (int i = 0; i < 8; ++i) {
    idle.push_back(connect());
    EXPECT_EQ(idle.back().request(get("/livez"))->status, 200);
    if (i == 0) std::this_thread::sleep_for(milliseconds(300));
  }
  EXPECT_EQ(ask(get("/livez")).status, 200);                     // the ninth
  EXPECT_TRUE(idle.front().closed_within(milliseconds(5'000)));  // the one that was idle longest
  EXPECT_EQ(idle.back().request(get("/livez"))->status, 200);
}

TEST_F(GuardTest, BusyConnectionsAreNotClosedForOthers) {
  options.max_connections = 4;
  start();
  service->hold();
  std::vector<Client> busy;
  for (int i = 0; i < 4; ++i) {
    busy.push_back(connect());
    ASSERT_TRUE(busy.back().send(post("/v1/extract", simple_request)));
  }
  ASSERT_TRUE(wait_for([&] { return service->queue("")->stats().depth == 4; }));
  const auto refused = connect().receive();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("retry-after"), "1");
  EXPECT_EQ(metrics.value("uie_http_refused_total{reason=connections}"), 1);
  service->release();
  for (Client& client : busy) EXPECT_EQ(client.receive()->status, 200);
}

// An address of this machine that is not loopback; empty when there is none.
std::string own_address() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return "";
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> addresses(all, &::freeifaddrs);
  for (const ifaddrs* entry = all; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET) continue;
    const auto* address = static_cast<const sockaddr_in*>(static_cast<const void*>(entry->ifa_addr));
    char text[INET_ADDRSTRLEN];
    ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
    if (!std::string(text).starts_with("127.")) return text;
  }
  return "";
}

TEST_F(GuardTest, ConnectionsOfOneAddressAreLimited) {
  const std::string address = own_address();
  if (address.empty()) GTEST_SKIP() << "this machine has no address but loopback";
  options.host = "0.0.0.0";
  options.max_connections_per_address = 3;
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server->port(), address);
    EXPECT_EQ(clients.back().request(get("/livez"))->status, 200);
  }
  {
    Client fourth(server->port(), address);
    const auto refused = fourth.receive();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 429);
  }
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(get("/livez")).status, 200);  // loopback is not counted
  clients.pop_back();
  EXPECT_TRUE(wait_for([&] {
    auto answer = Client(server->port(), address).request(get("/livez"));
    return answer && answer->status == 200;
  }));
}

TEST_F(GuardTest, MemoryOfAllBodiesIsLimited) {
  options.max_buffered_bytes = 1u << 20;
  start();
  const std::string half =
      "POST /v1/extract HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + std::string(400'000, ' ');
  std::vector<Client> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(clients.back().send(half));
  }
  ASSERT_TRUE(wait_for([&] { return metrics.value("uie_http_buffered_bytes") > 700'000; }));
  clients.push_back(connect());
  ASSERT_TRUE(clients.back().send(half));
  const auto refused = clients.back().receive();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(ask(post("/v1/extract", simple_request)).status, 200);  // small ones still pass
}

TEST_F(GuardTest, AThousandConnections) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 3'000) GTEST_SKIP() << "too few file descriptors are allowed";
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 1'000; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(clients.back().connected()) << i;
  }
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < clients.size(); ++i)
      ASSERT_TRUE(clients[i].send(i % 2 ? get("/livez") : post("/v1/extract", simple_request)));
    for (Client& client : clients) {
      const auto answer = client.receive();
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, 200);
    }
  }
  EXPECT_EQ(metrics.value("uie_http_connections"), 1'000);
}

TEST_F(GuardTest, PortInUseIsExplained) {
  start();
  ServerOptions second = options;
  second.port = server->port();
  Server other(*service, second, limits);
  const auto started = other.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::unavailable);
  EXPECT_NE(started.error().message.find("127.0.0.1:" + std::to_string(second.port)), std::string::npos);
}

}  // namespace
}  // namespace uie
