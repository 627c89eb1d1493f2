// Tasks by name against the real binary with the default model.
#include <gtest/gtest.h>
#include <memory>

#include "cli/serving.h"

namespace uie::test {
namespace {

constexpr const char* kText = "屏幕显示很细腻，就是电池续航短了点，客服态度倒是不错，物流也快。";

class TasksProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<Serving>(std::vector<std::string>{}); }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override { ASSERT_TRUE(server_->started()) << server_->log(); }

  static Json ask(const Json& body) {
    const auto answer = server_->post("/v1/extract", body);
    EXPECT_TRUE(answer && answer->status == 200) << (answer ? answer->body : "");
    return answer ? Json::parse(answer->body)["results"][0] : Json();
  }

  static inline std::unique_ptr<Serving> server_;
};

TEST_F(TasksProgram, TogetherAsApart) {
  const Json tasks = {
      "ner", "sentiment", "aspect-opinion", {{"task", "emotion"}}, {{"task", "reading"}, {"question", "什么快？"}}};
  const Json together = ask({{"text", kText}, {"tasks", tasks}, {"options", {{"native", true}}}});
  for (const Json& task : tasks) {
    const Json alone = ask({{"text", kText}, {"task", task}, {"options", {{"native", true}}}});
    ASSERT_EQ(alone["tasks"].size(), 1u);
    EXPECT_EQ(together["tasks"][alone["tasks"].begin().key()], alone["tasks"].begin().value());
  }
  ASSERT_FALSE(together["bindings"].empty());
  EXPECT_EQ(together["bindings"][0]["flat"], together["bindings"][0]["aspect"].get<std::string>() + "_" +
                                                 together["bindings"][0]["opinion"].get<std::string>());
}

// A task by name gives what the model gives for the input that its publisher shows.
TEST_F(TasksProgram, EqualsTheFamilysOwnInput) {
  const Json own = ask({{"text", "[CLASSIFY]段落1：花呗怎么提前还款；段落2：花呗可以提现到银行卡吗"},
                        {"schema", {{"文本匹配：相似", nullptr}, {"文本匹配：不相似", nullptr}}}})["output"][0][0];
  const Json named =
      ask({{"text", "花呗怎么提前还款"},
           {"task", {{"task", "matching"}, {"text2", "花呗可以提现到银行卡吗"}}}})["tasks"]["matching"]["labels"][0];
  EXPECT_EQ("文本匹配：" + named["label"].get<std::string>(), own["type"]);
  EXPECT_EQ(named["confidence"], own["confidence"]);

  const Json schema = {
      {"属性词", {{"正向情感(情感词)", nullptr}, {"负向情感(情感词)", nullptr}, {"中性情感(情感词)", nullptr}}}};
  const Json tuples = ask({{"text", std::string("#") + kText}, {"schema", schema}})["output"];
  const Json aspects = ask({{"text", kText}, {"task", "aspect-opinion"}})["tasks"]["aspect-opinion"]["aspects"];
  ASSERT_FALSE(tuples.empty());
  ASSERT_EQ(aspects.size(), tuples.size());
  for (size_t i = 0; i < tuples.size(); ++i) {
    const bool missing = tuples[i][0]["span"] == "#";
    EXPECT_EQ(aspects[i]["aspect"].is_null(), missing);
    EXPECT_EQ(aspects[i]["opinion"]["offset"][0], tuples[i][1]["offset"][0].get<int>() - 1);
    if (missing) continue;
    EXPECT_EQ(aspects[i]["aspect"]["text"], tuples[i][0]["span"]);
  }
}

TEST(ExtractTasks, ByFlagAndByLine) {
  const std::string input = R"({"id":1,"text":"有点看不下去了，亏了。"})"
                            "\n"
                            R"({"id":2,"text":"王小明在北京大学读书。","task":"NER","options":{"native":true}})"
                            "\n"
                            R"({"id":3,"text":"王小明在北京大学读书。","schema":{"人物":null}})"
                            "\n"
                            R"({"id":4,"text":"x","task":{"task":"matching"}})"
                            "\n";
  const auto result = run_program({"extract", "--task", "Sentiment", "--labels", "正向情感,负向情感"}, input);
  ASSERT_EQ(result.status, 0) << result.err;
  const auto lines = split_lines(result.out);
  ASSERT_EQ(lines.size(), 4u) << result.out;
  EXPECT_EQ(Json::parse(lines[0])["tasks"]["sentiment"]["labels"][0]["label"], "负向情感");
  const Json ner = Json::parse(lines[1]);
  EXPECT_EQ(ner["tasks"]["ner"]["entities"][0]["text"], "王小明");
  EXPECT_EQ(ner["result"][0][0]["span"], "王小明");
  EXPECT_EQ(Json::parse(lines[2])["result"][0][0]["span"], "王小明");
  EXPECT_EQ(Json::parse(lines[3])["error"]["pointer"], "/task/text2");
}

TEST(ExtractTasks, AWrongTaskIsWrongUsage) {
  const auto unknown = run_program({"extract", "--task", "nre"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("known are ner"), std::string::npos) << unknown.err;
  EXPECT_EQ(run_program({"extract", "--labels", "a"}).status, 2);
}

}  // namespace
}  // namespace uie::test
