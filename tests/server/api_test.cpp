// What the routes answer, over a real socket.
#include "server/server_fixture.h"

#include <atomic>
#include <thread>

namespace uie {
namespace {

using testing_support::Answer;
using testing_support::Client;
using testing_support::FakeService;
using testing_support::get;
using testing_support::post;
using testing_support::simple_request;

class ApiTest : public testing_support::ServerTest {};

TEST_F(ApiTest, ExtractsOneText) {
  start();
  const Answer answer = ask(post("/v1/extract", simple_request, "X-Request-Id: my-id\r\n"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(answer.header("x-request-id"), "my-id");
  Json json = answer.json();
  EXPECT_GE(json["timing_ms"]["total"].get<double>(), 0);
  EXPECT_EQ(json["timing_ms"]["compute"], 2.0);
  json.erase("timing_ms");
  EXPECT_EQ(json, Json::parse(R"({"request_id":"my-id","model":"main","device":"cpu","dtype":"fp32","fallback":null,
    "results":[{"output":[[{"type":"地理位置","span":"云南","offset":[0,2],"confidence":0.9877}]],"windows":1,"truncated":false}],
    "usage":{"characters":8,"tokens":10,"windows":1,"queries":1}})"));
}

TEST_F(ApiTest, SchemaMayBeAString) {
  start();
  const Answer answer = ask(post("/v1/extract", R"({"text":"云南的","schema":"{\"地名\": null}"})"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["results"][0]["output"][0][0]["type"], "地名");
}

TEST_F(ApiTest, ExtractsManyInOrder) {
  start();
  Json body{{"texts", Json::array()}, {"schemas", Json::array()}};
  for (int i = 0; i < 200; ++i) {
    body["texts"].push_back(std::to_string(10 + i % 90) + "号");
    body["schemas"].push_back({{"L" + std::to_string(i), nullptr}});
  }
  const Json json = ask(post("/v1/extract", body.dump())).json();
  ASSERT_EQ(json["results"].size(), 200u);
  for (int i = 0; i < 200; ++i) {
    const Json& item = json["results"][i]["output"][0][0];
    EXPECT_EQ(item["type"], "L" + std::to_string(i));
    EXPECT_EQ(item["span"], std::to_string(10 + i % 90));
  }
  EXPECT_EQ(json["usage"]["queries"], 200);
}

TEST_F(ApiTest, OffsetsInOtherUnits) {
  start();
  const auto offset = [&](const char* unit) {
    const std::string body =
        std::string(R"({"text":"😀云南","schema":{"x":null},"options":{"offsets":")") + unit + "\"}}";
    return ask(post("/v1/extract", body)).json()["results"][0]["output"][0][0]["offset"];
  };
  EXPECT_EQ(offset("codepoint"), Json({0, 2}));
  EXPECT_EQ(offset("utf16"), Json({0, 3}));
  EXPECT_EQ(offset("utf8"), Json({0, 7}));
}

TEST_F(ApiTest, ErrorsStayWithTheirItem) {
  limits.max_text_chars = 10;
  start([](const Job& job) -> JobResult {
    if (job.task.text.bytes() == "boom") return fail(ErrorCode::internal, "a secret: /etc/passwd line 3");
    return FakeService::echo(job);
  });
  const Answer answer = ask(post("/v1/extract", R"({"texts":["好的","12345678901",7,"boom"],"schema":{"x":null}})"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json results = answer.json()["results"];
  EXPECT_TRUE(results[0].contains("output"));
  EXPECT_EQ(results[1]["error"]["status"], 413);
  EXPECT_EQ(results[1]["error"]["errors"][0]["pointer"], "/texts/1");
  EXPECT_EQ(results[2]["error"]["status"], 422);
  EXPECT_EQ(results[2]["error"]["errors"][0]["pointer"], "/texts/2");
  EXPECT_EQ(results[3]["error"]["status"], 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST_F(ApiTest, OneBadSchemaOfMany) {
  start();
  const Json results =
      ask(post("/v1/extract", R"({"texts":["好的","坏的"],"schemas":[{"x":null},[1]]})")).json()["results"];
  EXPECT_TRUE(results[0].contains("output"));
  EXPECT_EQ(results[1]["error"]["status"], 422);
}

TEST_F(ApiTest, ManyOfNothing) {
  start();
  const Answer answer = ask(post("/v1/extract", R"({"texts":[],"schema":{"x":null}})"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json()["results"], Json::array());
}

struct BadRequest {
  const char* body;
  int status;
  const char* pointer;  // of the first error; null: none expected
};

TEST_F(ApiTest, RefusesImpossibleRequests) {
  options.max_texts = 3;
  start();
  const BadRequest cases[] = {
      {"", 400, nullptr},
      {"{", 400, nullptr},
      {"nonsense", 400, nullptr},
      {"[1]", 422, nullptr},
      {R"({"text":"a"})", 422, "/schema"},
      {R"({"schema":{"x":null}})", 422, "/text"},
      {R"({"text":"a","texts":["a"],"schema":{"x":null}})", 422, "/texts"},
      {R"({"text":"a","schema":{"x":null},"schemas":[]})", 422, "/schemas"},
      {R"({"texts":["a","b"],"schemas":[{"x":null}]})", 422, "/schemas"},
      {R"({"texts":["a","b","c","d"],"schema":{"x":null}})", 413, "/texts"},
      {R"({"texts":"a","schema":{"x":null}})", 422, "/texts"},
      {R"({"text":7,"schema":{"x":null}})", 422, "/text"},
      {R"({"text":"a","schema":{"x":5}})", 422, "/schema/x"},
      {R"({"text":"a","schema":{"x":null},"model":"other"})", 422, "/model"},
      {R"({"text":"a","schema":{"x":null},"model":1})", 422, "/model"},
      {R"({"text":"a","schema":{"x":null},"options":{"threshold":"high"}})", 422, "/options/threshold"},
      {R"({"text":"a","schema":{"x":null},"options":{"deadline_ms":0}})", 422, "/options/deadline_ms"},
      {R"({"text":"a","schema":{"x":null},"optoins":{}})", 422, "/optoins"},
      {"{\"text\":\"\xff\",\"schema\":{\"x\":null}}", 400, nullptr},
      {R"({"text":"\ud800","schema":{"x":null}})", 400, nullptr},
  };
  Client client = connect();  // one connection: an error answer does not cost it
  for (const BadRequest& bad : cases) {
    const auto answer = client.request(post("/v1/extract", bad.body));
    ASSERT_TRUE(answer) << bad.body;
    EXPECT_EQ(answer->status, bad.status) << bad.body << "\n" << answer->body;
    EXPECT_EQ(answer->header("content-type"), "application/problem+json");
    const Json json = answer->json();
    EXPECT_EQ(json["status"], bad.status);
    EXPECT_EQ(json["instance"], answer->header("x-request-id"));
    for (const char* field : {"type", "title", "detail"}) EXPECT_TRUE(json[field].is_string()) << field;
    if (bad.pointer) {
      EXPECT_EQ(json["errors"][0]["pointer"], bad.pointer) << answer->body;
    }
  }
  EXPECT_EQ(client.request(post("/v1/extract", simple_request))->status, 200);
}

TEST_F(ApiTest, HostileBodies) {
  start();
  const std::string brackets = R"({"text":"a","schema":)" + std::string(100'000, '[');
  const Answer deep = ask(post("/v1/extract", brackets));
  EXPECT_GE(deep.status, 400);
  EXPECT_LT(deep.status, 500);
  EXPECT_EQ(ask(post("/v1/extract", std::string(100'000, '{'))).status, deep.status);
  EXPECT_EQ(ask(post("/v1/extract", std::string("{\"text\":\"a\0b\",\"schema\":{\"x\":null}}", 35))).status, 400);
  // An escaped NUL is an ordinary character.
  const Answer nul = ask(post("/v1/extract", R"({"text":"\u0000b","schema":{"x":null}})"));
  ASSERT_EQ(nul.status, 200) << nul.body;
  EXPECT_EQ(nul.json()["results"][0]["output"][0][0]["span"], std::string("\0b", 2));
}

TEST_F(ApiTest, ContentTypes) {
  start();
  const auto status = [&](const std::string& headers) {
    return ask("POST /v1/extract HTTP/1.1\r\nHost: x\r\nContent-Length: " +
               std::to_string(std::string(simple_request).size()) + "\r\n" + headers + "\r\n" + simple_request)
        .status;
  };
  EXPECT_EQ(status(""), 200);
  EXPECT_EQ(status("Content-Type: application/json\r\n"), 200);
  EXPECT_EQ(status("Content-Type: Application/JSON; charset=UTF-8\r\n"), 200);
  EXPECT_EQ(status("Content-Type: application/vnd.x+json\r\n"), 200);
  EXPECT_EQ(status("Content-Type: application/x-www-form-urlencoded\r\n"), 200);  // curl -d
  EXPECT_EQ(status("Content-Type: text/xml\r\n"), 415);
  EXPECT_EQ(status("Content-Type: multipart/form-data; boundary=x\r\n"), 415);
  EXPECT_EQ(status("Content-Type: application/json; charset=gbk\r\n"), 415);
  EXPECT_EQ(status("Content-Encoding: gzip\r\n"), 415);
}

TEST_F(ApiTest, OlderShapes) {
  start();
  const Json tuples = Json::parse(R"([[{"type":"地理位置","span":"云南","offset":[0,2]}]])");
  for (const char* path : {"/api/predict", "/predict"}) {
    EXPECT_EQ(ask(post(path, simple_request)).json(), Json({{"result", tuples}})) << path;
  }
  const Json many =
      ask(post("/predict", R"({"texts":["云南","x"],"schemas":[{"地理位置":null},{}],"extra":1})")).json();
  ASSERT_EQ(many["results"].size(), 2u);
  EXPECT_EQ(many["results"][0], tuples);
  EXPECT_EQ(ask(post("/predict", R"({"texts":["a"],"schemas":[]})")).status, 422);
}

TEST_F(ApiTest, MethodsAndPaths) {
  start();
  EXPECT_EQ(ask(get("/nothing")).status, 404);
  EXPECT_EQ(ask(get("/v1%2Fextract")).status, 404);
  const Answer wrong = ask(get("/v1/extract"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("allow"), "POST, OPTIONS");
  EXPECT_EQ(ask(post("/livez", "{}")).header("allow"), "GET, HEAD, OPTIONS");
  const Answer options_answer = ask("OPTIONS /v1/extract HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(options_answer.status, 204);
  EXPECT_EQ(options_answer.header("allow"), "POST, OPTIONS");
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").status, 204);
  Client client = connect();
  ASSERT_TRUE(client.send("HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto head = client.receive(std::chrono::seconds(5), true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("content-length"), "13");
  EXPECT_EQ(client.request(get("/livez"))->body, R"({"live":true})");
  EXPECT_EQ(ask(get("http://proxy.example/livez?x=1")).status, 200);
}

TEST_F(ApiTest, HeadersThatSteerTheLibraryAreHarmless) {
  start();
  EXPECT_EQ(ask(get("/livez", "Range: bytes=0-1," + std::string(15'000, '1') + "\r\n")).status, 200);
  EXPECT_EQ(ask(get("/livez", "Range: bytes=99999999999999999999-\r\nAccept-Encoding: br, gzip\r\n"))
                .header("content-encoding"),
            "");
  EXPECT_EQ(ask(get("/livez", "X-Long: " + std::string(16'000, 'a') + "\r\n")).status, 200);
  EXPECT_EQ(ask(get("/livez?" + std::string(8'150, 'q'))).status, 200);
  EXPECT_EQ(ask(get("/livez?a?b?c?d")).status, 200);
  EXPECT_EQ(ask(get("/livez?%zz%u12&&==")).status, 200);
}

TEST_F(ApiTest, RequestIds) {
  start();
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const Answer taken = ask(get("/livez", "traceparent: " + parent + "\r\n"));
  EXPECT_EQ(taken.header("traceparent"), parent);
  EXPECT_EQ(taken.header("x-request-id"), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(ask(get("/livez", "X-Request-Id: a\"b\r\n")).header("x-request-id").size(), 32u);
  EXPECT_EQ(ask(get("/livez")).header("traceparent").size(), 55u);
}

TEST_F(ApiTest, HealthAndMetrics) {
  start();
  for (const char* path : {"/livez", "/v2/health/live", "/readyz", "/v2/health/ready"})
    EXPECT_EQ(ask(get(path)).status, 200) << path;
  EXPECT_EQ(ask(get("/metrics")).body, "uie_test 1\n");
  Json health = ask(get("/health")).json();
  EXPECT_EQ(health["devices"].size(), 1u);
  health.erase("devices");
  EXPECT_EQ(health,
            Json::parse(R"({"status":"healthy","gpu_utilization":0.0,"gpu_memory_used":0.0,"gpu_memory_total":0.0,
    "queue":{"depth":0,"in_flight":0,"capacity":4096,"queued_chars":0,"oldest_age_s":0.0},"model":"main","profile":"cpu"})"));
  service->set_ready(false);
  EXPECT_EQ(ask(get("/readyz")).status, 503);
  EXPECT_EQ(ask(get("/readyz")).header("retry-after"), "1");
  EXPECT_EQ(ask(get("/v2/health/ready")).status, 503);
  EXPECT_EQ(ask(get("/livez")).status, 200);
  EXPECT_EQ(ask(get("/health")).json()["status"], "unhealthy");
  EXPECT_EQ(ask(get("/health")).status, 200);
}

TEST_F(ApiTest, CountsRequestsByRouteAndStatus) {
  start();
  ask(post("/v1/extract", simple_request));
  ask(post("/v1/extract", "{"));
  ask(get("/no/such/path"));
  EXPECT_EQ(metrics.value("uie_http_requests_total{route=/v1/extract,status=200}"), 1);
  EXPECT_EQ(metrics.value("uie_http_requests_total{route=/v1/extract,status=400}"), 1);
  EXPECT_EQ(metrics.value("uie_http_requests_total{route=unmatched,status=404}"), 1);
  EXPECT_EQ(metrics.observed("uie_http_request_seconds{route=/v1/extract}").size(), 2u);
}

TEST_F(ApiTest, ModelsInfoTokenize) {
  start();
  const Json models = ask(get("/v1/models")).json();
  EXPECT_EQ(models["models"][0]["name"], "main");
  EXPECT_EQ(models["models"][0]["default"], true);
  EXPECT_EQ(models["models"][0]["limits"]["max_length"], 512);
  const Json info = ask(get("/v1/info")).json();
  EXPECT_EQ(info["settings"]["port"], "0");
  EXPECT_TRUE(info["version"].is_string());
  EXPECT_EQ(ask(post("/v1/tokenize", R"({"text":"ab"})")).json(),
            Json::parse(R"({"ids":[97,98],"offsets":[[0,1],[1,2]]})"));
  EXPECT_EQ(ask(post("/v1/tokenize", R"({"texts":["a","b"]})")).json()["results"].size(), 2u);
  EXPECT_EQ(ask(post("/v1/tokenize", R"({"texts":["a",1]})")).json()["errors"][0]["pointer"], "/texts/1");
  EXPECT_EQ(ask(post("/v1/tokenize", R"({"text":"a","texts":["b"]})")).status, 422);
  EXPECT_EQ(ask(post("/v1/tokenize", R"({"text":"a","model":"x"})")).status, 422);
}

TEST_F(ApiTest, DeadlineGives504) {
  start();
  service->hold();
  const auto began = std::chrono::steady_clock::now();
  const Answer answer = ask(post("/v1/extract", R"({"text":"a","schema":{"x":null},"options":{"deadline_ms":150}})"));
  EXPECT_EQ(answer.status, 504) << answer.body;
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
  EXPECT_TRUE(wait_for([&] { return service->queue("")->stats().depth == 0; }));  // the job is cancelled
}

// What is done before the deadline is answered; the rest says why it is not.
TEST_F(ApiTest, DeadlineCutsALongList) {
  std::atomic<int> worked{0};
  start([&](const Job& job) {
    if (++worked > 2) std::this_thread::sleep_for(std::chrono::milliseconds(600));
    return FakeService::echo(job);
  });
  const Answer answer =
      ask(post("/v1/extract", R"({"texts":["a","b","c","d"],"schema":{"x":null},"options":{"deadline_ms":300}})"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json results = answer.json()["results"];
  EXPECT_TRUE(results[0].contains("output"));
  EXPECT_TRUE(results[1].contains("output"));
  EXPECT_EQ(results[2]["error"]["status"], 504);
  EXPECT_EQ(results[3]["error"]["status"], 504);
}

TEST_F(ApiTest, OverloadGives429WhileHealthAnswers) {
  QueueOptions queue;
  queue.max_jobs = 2;
  start(FakeService::echo, queue);
  service->hold();
  Client first = connect(), second = connect();
  ASSERT_TRUE(first.send(post("/v1/extract", simple_request)));
  ASSERT_TRUE(second.send(post("/v1/extract", simple_request)));
  ASSERT_TRUE(wait_for([&] { return service->queue("")->stats().depth == 2; }));
  const Answer refused = ask(post("/v1/extract", simple_request));
  EXPECT_EQ(refused.status, 429);
  EXPECT_GE(std::stoi(refused.header("retry-after")), 1);
  EXPECT_EQ(ask(post("/v1/extract", R"({"texts":["a","b"],"schema":{"x":null}})")).status, 429);
  for (const char* path : {"/livez", "/readyz", "/health", "/metrics"}) EXPECT_EQ(ask(get(path)).status, 200) << path;
  service->release();
  EXPECT_EQ(first.receive()->status, 200);
  EXPECT_EQ(second.receive()->status, 200);
}

// A list longer than the queue goes through it piece by piece.
TEST_F(ApiTest, ListLongerThanTheQueue) {
  QueueOptions queue;
  queue.max_jobs = 3;
  start(FakeService::echo, queue);
  Json body{{"schema", {{"x", nullptr}}}, {"texts", Json::array()}};
  for (int i = 0; i < 100; ++i) body["texts"].push_back("t" + std::to_string(i));
  const Answer answer = ask(post("/v1/extract", body.dump()));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json results = answer.json()["results"];
  EXPECT_EQ(results.size(), 100u);
  for (const Json& result : results) EXPECT_TRUE(result.contains("output"));
}

TEST_F(ApiTest, HealthAnswersWhileEveryWorkerWaits) {
  options.http_threads = 2;
  start();
  service->hold();
  std::vector<Client> waiting;
  for (int i = 0; i < 6; ++i) {
    waiting.push_back(connect());
    ASSERT_TRUE(waiting.back().send(post("/v1/extract", simple_request)));
  }
  ASSERT_TRUE(wait_for([&] { return service->queue("")->stats().depth == 2; }));
  for (const char* path : {"/livez", "/health", "/metrics", "/v1/models"})
    EXPECT_EQ(ask(get(path)).status, 200) << path;
  service->release();
  for (Client& client : waiting) EXPECT_EQ(client.receive()->status, 200);
}

TEST_F(ApiTest, ManyClientsAtOnce) {
  start();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      Client client = connect();
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(10 + t) + "-" + std::to_string(i);
        const auto answer = client.request(post("/v1/extract", R"({"schema":{"x":null},"text":")" + text + "\"}"));
        if (answer && answer->status == 200 &&
            answer->json()["results"][0]["output"][0][0]["span"] == text.substr(0, 2))
          ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 16 * 50);
}

}  // namespace
}  // namespace uie
