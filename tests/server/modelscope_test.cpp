// POST /call and GET /describe, as clients of ModelScope's server meet them.
#include "server/server_fixture.h"

namespace uie {
namespace {

using testing_support::Answer;
using testing_support::FakeService;
using testing_support::get;
using testing_support::post;

class ModelScopeTest : public testing_support::ServerTest {};

TEST_F(ModelScopeTest, CallGivesTheNativeTuples) {
  start();
  const Json expected = Json::parse(R"({"output":[[{"type":"地理位置","span":"云南","offset":[0,2]}]]})");
  for (const char* body : {R"({"input":"云南的省会","schema":{"地理位置":null}})",
                           R"({"input":"云南的省会","schema":"{\"地理位置\": null}"})",
                           R"({"input":"云南的省会","parameters":{"schema":{"地理位置":null}},"more":1})",
                           R"({"model":"main","input":"云南的省会","schema":{"地理位置":null}})"}) {
    const Answer answer = ask(post("/call", body));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json(), expected) << body;
  }
}

TEST_F(ModelScopeTest, OutputAllPrefixReachesTheModel) {
  start([](const Job& job) -> JobResult {
    Extracted answer;
    if (job.task.options.output_all_prefix) answer.chains = {{{"x", "y", 0, 1, 1}}};
    return answer;
  });
  const auto found = [&](const char* more) {
    return ask(post("/call", std::string(R"({"input":"y","schema":{"x":null})") + more)).json()["output"].size();
  };
  EXPECT_EQ(found("}"), 0u);
  EXPECT_EQ(found(R"(,"output_all_prefix":true})"), 1u);
  EXPECT_EQ(found(R"(,"parameters":{"output_all_prefix":true}})"), 1u);
}

TEST_F(ModelScopeTest, DescribesItselfWithASampleThatWorks) {
  start();
  service->set_family("siamese-uninlu");
  const Json info = ask(get("/describe")).json();
  EXPECT_EQ(info["schema"]["task_name"], "siamese-uie");
  for (const char* part : {"input", "parameters", "output"})
    EXPECT_TRUE(info["schema"]["schema"].contains(part)) << part;
  const Answer answer = ask(post("/call", info["sample"].dump()));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["output"].size(), 1u);
}

TEST_F(ModelScopeTest, ErrorsHaveTheShapeOfThatServer) {
  limits.max_text_chars = 10;
  start([](const Job&) -> JobResult { return fail(ErrorCode::internal, "a secret"); });
  struct Case {
    const char* body;
    int status;
    const char* location;  // of the first error; null: `detail` is a sentence
  };
  for (const Case& bad : {
           Case{"{", 400, nullptr},
           Case{R"({"schema":{"x":null}})", 422, R"(["body","input"])"},
           Case{R"({"input":{"text":"a"},"schema":{"x":null}})", 422, R"(["body","input"])"},
           Case{R"({"input":"a"})", 422, R"(["body","schema"])"},
           Case{R"({"input":"a","schema":{"a/b":{"1":[]}}})", 422, R"(["body","schema","a/b",1])"},
           Case{R"({"input":"a","parameters":{"schema":7}})", 422, R"(["body","parameters","schema"])"},
           Case{R"({"input":"a","schema":{"x":null},"output_all_prefix":1})", 422, R"(["body","output_all_prefix"])"},
           Case{R"({"input":"12345678901","schema":{"x":null}})", 413, R"(["body","input"])"},
           Case{R"({"input":"a","schema":{"x":null},"model":"other"})", 422, R"(["body","model"])"},
           Case{R"({"input":"a","schema":{"x":null}})", 500, nullptr},
       }) {
    const Answer answer = ask(post("/call", bad.body));
    EXPECT_EQ(answer.status, bad.status) << bad.body << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/json");
    const Json detail = answer.json()["detail"];
    if (bad.location) {
      EXPECT_EQ(detail[0]["loc"], Json::parse(bad.location)) << answer.body;
      EXPECT_TRUE(detail[0]["msg"].is_string() && detail[0]["type"].is_string()) << answer.body;
    } else {
      EXPECT_TRUE(detail.is_string()) << answer.body;
      EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace uie
