// Tasks by name over HTTP.
#include "server/server_fixture.h"

#include <atomic>

namespace uie {
namespace {

using testing_support::Answer;
using testing_support::FakeService;
using testing_support::get;
using testing_support::post;

// Answers named tasks as a family would, from the text "屏幕差": entities, aspects, labels.
JobResult answer_by_kind(const Job& job) {
  Extracted found = *FakeService::echo(job);
  found.chains.clear();
  if (!job.task.named) return found;
  const SchemaNode& labels = *job.task.schema;
  if (job.task.named->kind == TaskKind::entities) {
    found.chains = {{{labels.children.front().label, "屏幕", 0, 2, 0.9}}};
  } else if (job.task.named->kind == TaskKind::aspects) {
    found.chains = {{{"属性词", "屏幕", 0, 2, 0.9}, {"负向情感", "差", 2, 3, 0.8}},
                    {{"属性词", "", 0, 0, 0.7}, {"负向情感", "差", 2, 3, 0.8}}};
  } else {
    found.chains = {{{labels.children.back().label, "", 0, 0, 0.7}}};
  }
  if (job.task.options.native) found.native = {{{"原", "屏幕", 0, 2, 0.9}}};
  return found;
}

class TasksTest : public testing_support::ServerTest {
 protected:
  Json result_of(const std::string& body) const {
    const Answer answer = ask(post("/v1/extract", body));
    EXPECT_EQ(answer.status, 200) << body << answer.body;
    return answer.json()["results"][0];
  }
};

TEST_F(TasksTest, OneTaskByName) {
  start(answer_by_kind);
  EXPECT_EQ(result_of(R"({"text":"屏幕差","task":"NER"})"), Json::parse(R"({"tasks":{"ner":{"entities":[
    {"label":"人物","text":"屏幕","offset":[0,2],"confidence":0.9}]}},"windows":1,"truncated":false})"));
  EXPECT_EQ(result_of(R"({"text":"屏幕差","task":{"task":"Sentiment","labels":["好","坏"]}})")["tasks"],
            Json::parse(R"({"sentiment":{"labels":[{"label":"坏","confidence":0.7}]}})"));
  EXPECT_EQ(
      result_of(
          R"({"text":"屏幕差","task":"ner","options":{"offsets":"utf8"}})")["tasks"]["ner"]["entities"][0]["offset"],
      Json({0, 6}));
}

TEST_F(TasksTest, SeveralTasksEqualTheSeparateCalls) {
  start(answer_by_kind);
  const Json together = result_of(
      R"({"text":"屏幕差","tasks":["NER","Sentiment","Aspect-Opinion",{"task":"sentiment","labels":["好"],"as":"心情"}]})");
  ASSERT_EQ(together["tasks"].size(), 4u);
  for (const char* name : {"ner", "sentiment", "aspect-opinion"}) {
    const Json alone = result_of(std::string(R"({"text":"屏幕差","task":")") + name + "\"}");
    EXPECT_EQ(together["tasks"][name], alone["tasks"][name]);
    EXPECT_EQ(alone.contains("bindings"), std::string_view(name) == "aspect-opinion");
  }
  EXPECT_EQ(together["tasks"]["心情"]["labels"][0]["label"], "好");
  EXPECT_EQ(together["bindings"],
            Json::parse(R"([{"aspect":"屏幕","opinion":"差","polarity":"负向情感","flat":"屏幕_差"},
                                                  {"aspect":null,"opinion":"差","polarity":"负向情感","flat":"_差"}])"));
}

TEST_F(TasksTest, AllTasksOfAllTextsWaitTogether) {
  start();
  service->hold();
  testing_support::Client client = connect();
  ASSERT_TRUE(client.send(post("/v1/extract", R"({"texts":["甲","乙"],"tasks":["ner","sentiment","emotion"]})")));
  EXPECT_TRUE(wait_for([&] { return service->queue("")->stats().depth == 6; }));
  service->release();
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  const Json results = answer->json()["results"];
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1]["tasks"]["ner"]["entities"][0]["text"], "乙");
  EXPECT_EQ(answer->json()["usage"]["queries"], 6);
}

TEST_F(TasksTest, NativeTuplesOnRequest) {
  start(answer_by_kind);
  const std::string body = R"({"text":"屏幕差","tasks":["ner","sentiment"],"options":{"native":)";
  const Json plain = result_of(body + "false}}"), native = result_of(body + "true}}");
  EXPECT_FALSE(plain.contains("output"));
  EXPECT_FALSE(plain["tasks"]["ner"].contains("native"));
  EXPECT_EQ(native["output"].size(), 2u);
  EXPECT_EQ(native["tasks"]["ner"]["native"][0][0]["type"], "原");
}

TEST_F(TasksTest, ErrorsStayWithTheirTask) {
  start([](const Job& job) -> JobResult {
    if (job.task.text.bytes() == "坏") return fail(ErrorCode::internal, "a secret");
    if (job.task.named->kind == TaskKind::sentiment) return fail(ErrorCode::unavailable, "no device");
    return answer_by_kind(job);
  });
  const Answer answer = ask(post("/v1/extract", R"({"texts":["屏幕差","坏",7],"tasks":["ner","sentiment"]})"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json results = answer.json()["results"];
  EXPECT_TRUE(results[0]["tasks"]["ner"].contains("entities"));
  EXPECT_EQ(results[0]["tasks"]["sentiment"]["error"]["status"], 503);
  EXPECT_EQ(results[1]["error"]["status"], 500);
  EXPECT_EQ(results[2]["error"]["errors"][0]["pointer"], "/texts/2");
  const Answer failed = ask(post("/v1/extract", R"({"texts":["坏","坏"],"tasks":["ner","sentiment"]})"));
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.json()["errors"].size(), 1u);
  EXPECT_EQ(failed.json()["errors"][0]["pointer"], "/texts/1");
}

TEST_F(TasksTest, RefusesWhatCannotBeAsked) {
  start();
  const std::pair<const char*, const char*> cases[] = {
      {R"({"text":"a","task":"nre"})", "/task"},
      {R"({"text":"a","task":{"task":"nre"}})", "/task/task"},
      {R"({"text":"a","tasks":["ner","nre"]})", "/tasks/1"},
      {R"({"text":"a","tasks":"ner"})", "/tasks"},
      {R"({"text":"a","tasks":[]})", "/tasks"},
      {R"({"text":"a","task":"ner","tasks":["ner"]})", "/tasks"},
      {R"({"text":"a","task":"ner","schema":{"x":null}})", "/schema"},
      {R"({"text":"a","task":"ner","labels":["x"]})", "/labels"},
      {R"({"text":"a","task":"matching"})", "/task/text2"},
      {R"({"text":"a","task":{"task":"coreference","pronoun":"它","candidate":"河"}})", "/task/candidate"},
      {R"({"text":"a","tasks":[{"task":"ner","labels":["x",3]}]})", "/tasks/0/labels/1"},
  };
  for (const auto& [body, pointer] : cases) {
    const Answer answer = ask(post("/v1/extract", body));
    EXPECT_EQ(answer.status, 422) << body << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_EQ(answer.json()["errors"][0]["pointer"], pointer) << answer.body;
  }
  EXPECT_NE(ask(post("/v1/extract", cases[0].first)).json()["detail"].get<std::string>().find("ner, relation"),
            std::string::npos);
  // The older shapes pass over fields that they do not know.
  EXPECT_EQ(ask(post("/predict", R"({"text":"云南","schema":{"x":null},"task":"nre"})")).status, 200);
}

TEST_F(TasksTest, ListsTheTasks) {
  start();
  const Answer answer = ask(get("/v1/tasks"));
  ASSERT_EQ(answer.status, 200);
  const Json tasks = answer.json()["tasks"];
  EXPECT_EQ(tasks.size(), 14u);
  EXPECT_EQ(tasks[0]["name"], "ner");
  // Every example can be sent as it stands.
  for (const Json& task : tasks) {
    EXPECT_EQ(ask(post("/v1/extract", task["examples"][0]["request"].dump())).status, 200) << task["name"];
  }
}

}  // namespace
}  // namespace uie
