// /v1/jobs over a real socket: uploads in every form, progress, results, deletion.
#include "server/server_fixture.h"

#include <thread>

namespace uie {
namespace {

using testing_support::Answer;
using testing_support::Client;
using testing_support::FakeService;
using testing_support::get;

std::string upload(std::string_view target, std::string_view type, std::string_view body, std::string_view more = "") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + std::string(type) + "\r\n" +
         std::string(more) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class JobsTest : public testing_support::ServerTest {
 protected:
  // The path of a job that was taken.
  std::string hand_in(const std::string& request) {
    const Answer answer = ask(request);
    EXPECT_EQ(answer.status, 202) << answer.body;
    EXPECT_EQ(answer.header("location"), "/v1/jobs/" + answer.json().value("id", ""));
    return answer.header("location");
  }

  Json finished(const std::string& path) {
    Json job;
    EXPECT_TRUE(wait_for([&] { return (job = ask(get(path)).json()).value("status", "") == "done"; })) << job.dump();
    return job;
  }

  Json results(const std::string& path) { return ask(get(path + "/result")).json()["results"]; }
};

constexpr const char* ten_texts =
    R"({"texts":["甲乙丙","丁戊","己庚辛","甲乙","丁戊","己庚","甲乙","丁戊","己庚","壬癸"],"schema":{"x":null}})";

TEST_F(JobsTest, AnswersEveryTextInOrder) {
  start();
  Json body{{"texts", Json::array()}, {"schema", {{"x", nullptr}}}};
  for (int i = 0; i < 100; ++i) body["texts"].push_back(std::to_string(10 + i % 90) + "号");
  const std::string path = hand_in(upload("/v1/jobs", "application/json", body.dump()));
  const Json job = finished(path);
  EXPECT_EQ(job["total"], 100);
  EXPECT_EQ(job["done"], 100);
  EXPECT_EQ(job["failed"], 0);
  EXPECT_EQ(job["durable"], false) << "said plainly: in memory";
  const Json all = results(path);
  ASSERT_EQ(all.size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(all[i]["index"], i);
    EXPECT_EQ(all[i]["output"][0][0]["span"], std::to_string(10 + i % 90));
  }
}

TEST_F(JobsTest, AResultIsThatOfExtract) {
  start();
  const std::string path = hand_in(upload("/v1/jobs", "application/json", R"({"texts":["云南的"],"task":"ner"})"));
  finished(path);
  Json result = results(path)[0];
  result.erase("index");
  const Answer direct = ask(upload("/v1/extract", "application/json", R"({"texts":["云南的"],"task":"ner"})"));
  EXPECT_EQ(result, direct.json()["results"][0]);
}

TEST_F(JobsTest, TakesLinesTablesAndPlainText) {
  start();
  const char* schema = "schema=%7B%22x%22%3A%20null%7D";
  const auto spans = [&](const std::string& type, const std::string& body) {
    const std::string path = hand_in(upload(std::string("/v1/jobs?") + schema, type, body));
    finished(path);
    Json out = Json::array();
    for (const Json& result : results(path))
      out.push_back({result.value("id", Json()), result["output"][0][0]["span"]});
    EXPECT_EQ(ask(get(path)).status, 200);
    ask("DELETE " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return out;
  };
  EXPECT_EQ(spans("text/plain; charset=utf-8", "甲乙丙\r\n\n丁戊"), Json::parse(R"([[null,"甲乙"],[null,"丁戊"]])"));
  EXPECT_EQ(spans("text/csv", "\xEF\xBB\xBFid,text\r\n7,\"甲,乙\"\r\n8,\"丁\"\"\n戊\"\r\n"),
            Json::parse(R"([["7","甲,"],["8","丁\""]])"));
  EXPECT_EQ(spans("application/x-ndjson", "{\"text\":\"甲乙丙\",\"id\":1}\n\n{\"text\":\"丁戊\",\"id\":\"b\"}"),
            Json::parse(R"([[1,"甲乙"],["b","丁戊"]])"));
}

// A form as a browser sends it: every field, also those left empty.
struct Form {
  std::string body;
  std::string boundary = "----WebKitFormBoundaryAbc";

  Form& field(const std::string& name, const std::string& value) { return add("name=\"" + name + "\"", value); }
  Form& file(const std::string& name, const std::string& type, const std::string& content) {
    return add("name=\"file\"; filename=\"" + name + "\"\r\nContent-Type: " + type, content);
  }
  Form& add(const std::string& head, const std::string& content) {
    body += "--" + boundary + "\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + content + "\r\n";
    return *this;
  }
  std::string request(std::string_view target = "/v1/jobs", std::string_view more = "") const {
    return upload(target, "multipart/form-data; boundary=" + boundary, body + "--" + boundary + "--\r\n", more);
  }
};

TEST_F(JobsTest, TakesABrowsersForm) {
  start();
  const auto spans = [&](const Form& form, const char* target = "/v1/jobs") {
    const std::string path = hand_in(form.request(target));
    finished(path);
    Json out = Json::array();
    for (const Json& result : results(path)) out.push_back(result["output"][0][0]["span"]);
    ask("DELETE " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return out;
  };
  const char* schema = " {\"x\":\r\nnull}\r\n";
  const Json both = Json::parse(R"(["甲乙","丁戊"])");
  EXPECT_EQ(spans(Form()
                      .field("schema", schema)
                      .field("model", "")
                      .file("a.CSV", "application/vnd.ms-excel", "\xEF\xBB\xBFid,text\r\n1,甲乙丙\r\n2,丁戊\r\n")),
            both);
  EXPECT_EQ(spans(Form()
                      .file("b.jsonl", "application/octet-stream", "{\"text\":\"甲乙丙\"}\n{\"text\":\"丁戊\"}")
                      .file("", "application/octet-stream", "")
                      .field("schema", schema)),
            both);
  EXPECT_EQ(spans(Form().file("c.txt", "text/plain", "甲乙丙\n丁戊"), "/v1/jobs?schema=%7B%22x%22%3Anull%7D"), both);
  EXPECT_EQ(spans(Form().file("list", "text/plain; charset=utf-8", "甲乙丙\n丁戊").field("schema", schema)), both);
}

TEST_F(JobsTest, AFormSentAgainIsTheSameJobThoughItsBoundaryIsNot) {
  start();
  Form form;
  const char* key = "Idempotency-Key: f1\r\n";
  const std::string path =
      hand_in(form.field("task", "ner").file("a.txt", "text/plain", "甲乙").request("/v1/jobs", key));
  Form again{"", "----another"};
  again.field("task", "ner").file("a.txt", "text/plain", "甲乙");
  EXPECT_EQ(ask(again.request("/v1/jobs", key)).header("location"), path);
  EXPECT_EQ(ask(again.field("options", R"({"native":true})").request("/v1/jobs", key)).status, 422);
}

TEST_F(JobsTest, SaysWhatIsWrongWithAForm) {
  start();
  const auto status = [&](const Form& form, const char* target = "/v1/jobs") {
    return ask(form.request(target)).status;
  };
  const Form file = Form().file("a.txt", "text/plain", "a");
  EXPECT_EQ(status(file), 422) << "nothing is asked";
  EXPECT_EQ(status(Form().field("task", "ner")), 422) << "no file";
  EXPECT_EQ(status(Form().field("task", "ner").file("", "application/octet-stream", "")), 422) << "none chosen";
  EXPECT_EQ(status(Form(file).field("task", "ner").file("b.txt", "text/plain", "b")), 422) << "two files";
  EXPECT_EQ(status(Form(file).field("task", "ner").field("task", "ner")), 422) << "asked twice";
  EXPECT_EQ(status(Form(file).field("task", "ner"), "/v1/jobs?task=ner"), 422) << "asked twice";
  EXPECT_EQ(status(Form(file).field("tusk", "ner")), 422);
  EXPECT_EQ(status(Form(file).field("schema", "{")), 422);
  EXPECT_EQ(status(Form().field("task", "ner").file("a.docx", "application/msword", "a")), 415);
  EXPECT_EQ(status(Form().field("task", "ner").file("a.txt", "text/plain", "\xff")), 400);
  EXPECT_EQ(ask(upload("/v1/jobs?task=ner", "multipart/form-data; boundary=b", "--b\r\n")).status, 400);
  EXPECT_EQ(ask(upload("/v1/jobs?task=ner", "multipart/form-data", file.body)).status, 400);
}

TEST_F(JobsTest, LinesMayBringTheirSchemas) {
  start();
  const std::string path = hand_in(
      upload("/v1/jobs?schema=%7B%22x%22%3Anull%7D", "application/x-ndjson",
             "{\"text\":\"甲乙\",\"schema\":{\"y\":null}}\n{\"text\":\"丁戊\"}\n{\"text\":\"丁戊\",\"schema\":[1]}"));
  EXPECT_EQ(finished(path)["failed"], 1);
  const Json all = results(path);
  EXPECT_EQ(all[0]["output"][0][0]["type"], "y");
  EXPECT_EQ(all[1]["output"][0][0]["type"], "x");
  EXPECT_EQ(all[2]["error"]["status"], 422);
  EXPECT_EQ(all[2]["error"]["errors"][0]["pointer"].get<std::string>().rfind("/schema", 0), 0u) << all[2];
}

TEST_F(JobsTest, AnErrorIsOneLinesOwn) {
  limits.max_text_chars = 5;
  start([](const Job& job) -> JobResult {
    if (job.task.text.bytes() == "boom") return fail(ErrorCode::internal, "a secret: /etc/passwd");
    return FakeService::echo(job);
  });
  const std::string path =
      hand_in(upload("/v1/jobs", "application/json", R"({"texts":["好的","1234567",7,"boom"],"schema":{"x":null}})"));
  EXPECT_EQ(finished(path)["failed"], 3);
  const Json all = results(path);
  EXPECT_TRUE(all[0].contains("output"));
  EXPECT_EQ(all[1]["error"]["status"], 413);
  EXPECT_EQ(all[1]["error"]["errors"][0]["pointer"], "/text");
  EXPECT_EQ(all[2]["error"]["status"], 422);
  EXPECT_EQ(all[3]["error"]["status"], 500);
  EXPECT_EQ(all.dump().find("secret"), std::string::npos);
}

TEST_F(JobsTest, ShowsProgressAndPartialResults) {
  start();
  service->hold();
  const std::string path = hand_in(upload("/v1/jobs", "application/json", ten_texts));
  ASSERT_TRUE(wait_for([&] { return ask(get(path)).json()["status"] == "running"; }));
  const Answer job = ask(get(path));
  EXPECT_EQ(job.json()["done"], 0);
  EXPECT_EQ(job.header("retry-after"), "1");
  EXPECT_EQ(ask(get(path + "/result")).json()["results"], Json::array());
  service->release();
  finished(path);
  EXPECT_EQ(ask(get(path + "/result?from=8&count=1")).json()["results"][0]["index"], 8);
  EXPECT_EQ(ask(get(path + "/result?from=x")).status, 422);
}

TEST_F(JobsTest, GivesResultsAsAsked) {
  start();
  const std::string path =
      hand_in(upload("/v1/jobs", "application/json", R"({"texts":["甲,乙","=1+1"],"schema":{"x":null}})"));
  finished(path);
  const Answer lines = ask(get(path + "/result", "Accept: application/x-ndjson\r\n"));
  EXPECT_EQ(lines.header("content-type"), "application/x-ndjson");
  EXPECT_EQ(std::count(lines.body.begin(), lines.body.end(), '\n'), 2);
  const Answer table = ask(get(path + "/result?format=csv"));
  EXPECT_EQ(table.header("content-type"), "text/csv; charset=utf-8");
  EXPECT_EQ(table.body,
            "index,id,error,answer,type_1,span_1,begin_1,end_1,confidence_1\r\n"
            "0,,,,x,\"甲,\",0,2,0.9877\r\n1,,,,x,'=1,0,2,0.9877\r\n")
      << "a field that begins like a formula is marked";
  EXPECT_EQ(ask(get(path + "/result?format=xls")).status, 422);
}

TEST_F(JobsTest, DeletesForGood) {
  start();
  service->hold();
  const std::string path = hand_in(upload("/v1/jobs", "application/json", ten_texts));
  ASSERT_TRUE(wait_for([&] { return ask(get(path)).json()["status"] == "running"; }));
  EXPECT_EQ(ask("DELETE " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").status, 204);
  EXPECT_EQ(ask(get(path)).status, 404);
  EXPECT_EQ(ask(get(path + "/result")).status, 404);
  EXPECT_EQ(ask("DELETE " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").status, 404);
  service->release();
  finished(hand_in(upload("/v1/jobs", "application/json", ten_texts)));
}

TEST_F(JobsTest, AKeyMakesARepetitionHarmless) {
  start();
  const auto request = [](const char* text) {
    return upload("/v1/jobs", "application/json", std::string(R"({"texts":[")") + text + R"("],"schema":{"x":null}})",
                  "Idempotency-Key: k1\r\n");
  };
  const std::string path = hand_in(request("甲乙"));
  const Answer again = ask(request("甲乙"));
  EXPECT_EQ(again.header("location"), path);
  EXPECT_EQ(again.header("idempotent-replayed"), "true");
  EXPECT_EQ(ask(request("丁戊")).status, 422);
}

TEST_F(JobsTest, KeepsABoundedNumber) {
  start();
  for (int i = 0; i < 3; ++i) hand_in(upload("/v1/jobs", "application/json", ten_texts));
  const Answer refused = ask(upload("/v1/jobs", "application/json", ten_texts));
  EXPECT_EQ(refused.status, 429);
  EXPECT_FALSE(refused.header("retry-after").empty());
}

TEST_F(JobsTest, RefusesWhatCannotBeAskedAtOnce) {
  options.max_job_texts = 3;
  start();
  const auto status = [&](std::string_view target, std::string_view type, std::string_view body) {
    return ask(upload(target, type, body)).status;
  };
  EXPECT_EQ(status("/v1/jobs", "application/json", R"({"texts":["a"]})"), 422);
  EXPECT_EQ(status("/v1/jobs", "application/json", R"({"texts":[],"schema":{"x":null}})"), 422);
  EXPECT_EQ(status("/v1/jobs", "application/json", R"({"texts":["a"],"schema":{"x":null},"model":"none"})"), 422);
  EXPECT_EQ(status("/v1/jobs", "application/json", R"({"texts":["a"],"schema":{"x":null},"shema":1})"), 422);
  EXPECT_EQ(status("/v1/jobs", "application/json", R"({"texts":["a","b","c","d"],"schema":{"x":null}})"), 413);
  EXPECT_EQ(status("/v1/jobs", "application/json", "{"), 400);
  EXPECT_EQ(status("/v1/jobs?task=ner", "application/x-www-form-urlencoded", "a"), 415);
  EXPECT_EQ(status("/v1/jobs?task=ner", "text/plain", "\xff"), 400);
  EXPECT_EQ(status("/v1/jobs?tusk=ner", "text/plain", "a"), 422);
  EXPECT_EQ(status("/v1/jobs?task=nonsense", "text/plain", "a"), 422);
  EXPECT_EQ(status("/v1/jobs?task=ner", "text/csv", "id\n1\n"), 422);
  EXPECT_EQ(
      ask(upload("/v1/jobs?task=ner", "application/x-ndjson", "{\"text\":\"a\"}\n{}")).json()["errors"][0]["pointer"],
      "/2/text");
}

TEST_F(JobsTest, AStopDoesNotWaitForJobs) {
  start();
  service->hold();
  const std::string path = hand_in(upload("/v1/jobs", "application/json", ten_texts));
  ASSERT_TRUE(wait_for([&] { return ask(get(path)).json()["status"] == "running"; }));
  const auto begin = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_FALSE(service->batches().find(path.substr(9)).value().finished()) << "what was not answered stays unanswered";
}

}  // namespace
}  // namespace uie
