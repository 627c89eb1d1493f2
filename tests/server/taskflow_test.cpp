// POST /taskflow/uie, as clients of PaddleNLP's SimpleServing meet it.
#include "server/server_fixture.h"

namespace uie {
namespace {

using testing_support::Answer;
using testing_support::FakeService;
using testing_support::post;

// What each label finds in a text that holds the word; the word may only stand below the one named with it.
struct Word {
  std::string label, word, below;
};
const std::vector<Word> kWords = {{"时间", "昨天", ""},
                                  {"人物", "王明", ""},
                                  {"人物", "李华", ""},
                                  {"学校", "北大", "王明"},
                                  {"公司", "百度", "王明"},
                                  {"职位", "经理", "百度"},
                                  {"方面", "屏幕", ""},
                                  {"方面", "电池", ""},
                                  {"观点", "很好", "屏幕"},
                                  {"属性词", "音质", ""},
                                  {"属性词", "包装", ""},
                                  {"属性词", "手感", ""},
                                  {"情感词", "很好", "音质"},
                                  // The model links some aspects with an opinion on another one, too.
                                  {"负向情感(情感词)", "很破", "音质"},
                                  {"正向情感(情感词)", "很好", "音质"},
                                  {"正向情感(情感词)", "很好", "包装"},
                                  {"负向情感(情感词)", "很破", "包装"}};

// As our families do: whole paths from root to leaf, nothing for a branch that ends before.
void find_paths(const SchemaNode& node, const std::string& text, const Chain& path, std::vector<Chain>& chains) {
  if (node.is_leaf() && !path.empty()) chains.push_back(path);
  for (const SchemaNode& child : node.children) {
    for (const Word& word : kWords) {
      const size_t at = text.find(word.word);
      if (word.label != child.label || at == std::string::npos) continue;
      if (!word.below.empty() && (path.empty() || path.back().span != word.below)) continue;
      Chain longer = path;
      const auto begin = static_cast<uint32_t>(at / 3);  // the texts hold ideographs only
      longer.push_back({child.label, word.word, begin, begin + 2, 0.87654});
      find_paths(child, text, longer, chains);
    }
  }
}

// The first option that is asked for; "负向" where the question is about 电池.
JobResult dictionary(const Job& job) {
  const std::string& text = job.task.text.bytes();
  const std::string mark = "[CLASSIFY]";
  Extracted answer;
  if (text.starts_with(mark)) {
    const auto& labels = job.task.schema->children;
    const bool negative = labels.front().label.starts_with("电池的");
    answer.chains = {{{labels[negative ? 1 : 0].label, mark, 0, 10, 0.75}}};
  } else if (const size_t bar = text.find('|'); bar != std::string::npos) {
    const bool negative = job.task.schema->children.front().label.starts_with("电池的");
    const std::string options = text.substr(0, bar);
    const size_t comma = options.find(',');
    answer.chains = {{{"x", "无关", 30, 32, 0.99}},
                     {{"x", negative ? options.substr(comma + 1) : options.substr(0, comma), 0, 2, 0.75}}};
  } else {
    find_paths(*job.task.schema, text, {}, answer.chains);
  }
  return answer;
}

class TaskflowTest : public testing_support::ServerTest {
 protected:
  Answer uie(const std::string& text, const std::string& schema) {
    return ask(post("/taskflow/uie", R"({"data":{"text":)" + text + R"(},"parameters":{"schema":)" + schema + "}}"));
  }
};

TEST_F(TaskflowTest, EntitiesRelationsAndChoices) {
  for (const char* family : {"rex-uninlu", "siamese-uninlu"}) {
    start(dictionary);
    service->set_family(family);
    const Answer answer = uie(R"(["昨天王明北大百度经理李华", "屏幕很好电池", ""])",
                              R"(["时间", {"人物": ["学校", {"公司": "职位"}]},
                                 {"方面": ["观点", "情感倾向[正向，负向]"]}, "语气 [ 轻松, 严肃 ]"])");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/json");
    const Json chosen = Json::parse(R"([{"text":"轻松","probability":0.75}])");
    const Json expected = Json::parse(R"({"result":[
      {"时间":[{"text":"昨天","start":0,"end":2,"probability":0.8765}],
       "人物":[{"text":"王明","start":2,"end":4,"probability":0.8765,"relations":{
                  "学校":[{"text":"北大","start":4,"end":6,"probability":0.8765}],
                  "公司":[{"text":"百度","start":6,"end":8,"probability":0.8765,"relations":{
                     "职位":[{"text":"经理","start":8,"end":10,"probability":0.8765}]}}]}},
               {"text":"李华","start":10,"end":12,"probability":0.8765}]},
      {"方面":[{"text":"屏幕","start":0,"end":2,"probability":0.8765,"relations":{
                  "观点":[{"text":"很好","start":2,"end":4,"probability":0.8765}],
                  "情感倾向[正向，负向]":[{"text":"正向","probability":0.75}]}},
               {"text":"电池","start":4,"end":6,"probability":0.8765,"relations":{
                  "情感倾向[正向，负向]":[{"text":"负向","probability":0.75}]}}]},
      {}]})");
    Json result = answer.json()["result"];
    ASSERT_EQ(result.size(), 3u);
    for (Json& text : result) {
      EXPECT_EQ(text["语气 [ 轻松, 严肃 ]"], chosen) << family;
      text.erase("语气 [ 轻松, 严肃 ]");
    }
    EXPECT_EQ(nlohmann::json(result), nlohmann::json(expected["result"])) << family;  // whatever the order of keys
    server->stop();
  }
}

// PaddleNLP's own words are asked for in ours; polarity comes with the nearest opinion, or from the question alone.
TEST_F(TaskflowTest, AspectsWithPolarity) {
  start(dictionary);
  const Answer answer = uie(R"("音质很好包装很破手感")", R"({"评价维度":["观点词","情感倾向[正向，负向]"]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json expected = Json::parse(R"({"评价维度":[
      {"text":"音质","start":0,"end":2,"probability":0.8765,"relations":{
         "观点词":[{"text":"很好","start":2,"end":4,"probability":0.8765}],
         "情感倾向[正向，负向]":[{"text":"正向","probability":0.8765}]}},
      {"text":"包装","start":4,"end":6,"probability":0.8765,"relations":{
         "情感倾向[正向，负向]":[{"text":"负向","probability":0.8765}]}},
      {"text":"手感","start":8,"end":10,"probability":0.8765,"relations":{
         "情感倾向[正向，负向]":[{"text":"正向","probability":0.75}]}}]})");
  EXPECT_EQ(nlohmann::json(answer.json()["result"][0]), nlohmann::json(expected)) << answer.body;
}

// SiameseUIE finds items that end on a frame token: inverted offsets, an empty span.
TEST_F(TaskflowTest, ItemsWithoutAPlaceAreLeftOut) {
  start([](const Job&) -> JobResult {
    Extracted answer;
    answer.chains = {{{"人物", "", 1, 0, 0.9}}, {{"人物", "", 0, 0, 0.9}}, {{"人物", "王明", 0, 2, 0.9}}};
    return answer;
  });
  EXPECT_EQ(uie(R"("王明")", R"("人物")").json(),
            Json::parse(R"({"result":[{"人物":[{"text":"王明","start":0,"end":2,"probability":0.9}]}]})"));
}

TEST_F(TaskflowTest, AllFormsOfASchema) {
  start(dictionary);
  const std::string text = R"("昨天王明北大")";
  const Json time = uie(text, R"("时间")").json();
  EXPECT_EQ(time["result"][0]["时间"][0]["text"], "昨天");
  for (const char* form : {R"(["时间"])", R"({"时间":null})", R"([{"时间":[]}])", R"({" 时间 ":{}})"})
    EXPECT_EQ(uie(text, form).json(), time) << form;
  const Json relation = uie(text, R"({"人物":"学校"})").json();
  EXPECT_EQ(relation["result"][0]["人物"][0]["relations"]["学校"][0]["text"], "北大");
  for (const char* form : {R"([{"人物":["学校"]}])", R"({"人物":{"学校":null}})", R"(["人物",{"人物":"学校"}])"})
    EXPECT_EQ(uie(text, form).json(), relation) << form;
  const Json choice = uie(text, R"("情感倾向[正向，负向]")").json();
  EXPECT_EQ(choice, Json::parse(R"({"result":[{"情感倾向[正向，负向]":[{"text":"正向","probability":0.75}]}]})"));
  EXPECT_EQ(uie("[]", R"("时间")").json(), Json::parse(R"({"result":[]})"));
}

// More tasks than are made at once, and than the queue holds.
TEST_F(TaskflowTest, ManyTextsThroughASmallQueue) {
  QueueOptions queue;
  queue.max_jobs = 3;
  start(dictionary, queue);
  Json texts = Json::array();
  for (int i = 0; i < 150; ++i) texts.push_back(i % 2 == 0 ? "王明北大" : "李华");
  const Answer answer = uie(texts.dump(), R"([{"人物":"学校"},"语气[轻松,严肃]"])");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json result = answer.json()["result"];
  ASSERT_EQ(result.size(), 150u);
  for (size_t i = 0; i < 150; ++i) {
    EXPECT_EQ(result[i]["人物"][0]["text"], i % 2 == 0 ? "王明" : "李华");
    EXPECT_EQ(result[i]["人物"][0].contains("relations"), i % 2 == 0);
    EXPECT_EQ(result[i]["语气[轻松,严肃]"].size(), 1u);
  }
}

TEST_F(TaskflowTest, ErrorsHaveTheShapeOfThatServer) {
  options.max_texts = 2;
  limits.max_labels = 3;
  start(dictionary);
  struct Case {
    const char* body;
    int status;
    const char* location;
  };
  for (const Case& bad : {
           Case{"[", 400, nullptr},
           Case{"{}", 422, R"(["body","data","text"])"},
           Case{R"({"data":"a","parameters":{"schema":"x"}})", 422, R"(["body","data","text"])"},
           Case{R"({"data":{"text":["a"]}})", 422, R"(["body","parameters","schema"])"},
           Case{R"({"data":{"text":["a",1]},"parameters":{"schema":"x"}})", 422, R"(["body","data","text",1])"},
           Case{R"({"data":{"text":[{"doc":"a.jpg"}]},"parameters":{"schema":"x"}})", 422,
                R"(["body","data","text",0])"},
           Case{R"({"data":{"text":["a","b","c"]},"parameters":{"schema":"x"}})", 413, R"(["body","data","text"])"},
           Case{R"({"data":{"text":"a"},"parameters":{"schema":[]}})", 422, R"(["body","parameters","schema"])"},
           Case{R"({"data":{"text":"a"},"parameters":{"schema":["x",7]}})", 422, R"(["body","parameters","schema",1])"},
           Case{R"({"data":{"text":"a"},"parameters":{"schema":{"x":[["y"]]}}})", 422,
                R"(["body","parameters","schema","x",0])"},
           Case{R"({"data":{"text":"a"},"parameters":{"schema":["a","b","c","d"]}})", 422,
                R"(["body","parameters","schema",3])"},
           Case{R"({"data":{"text":"a"},"parameters":{"schema":"x"},"model":"y"})", 422, R"(["body","model"])"},
       }) {
    const Answer answer = ask(post("/taskflow/uie", bad.body));
    EXPECT_EQ(answer.status, bad.status) << bad.body << answer.body;
    const Json detail = answer.json()["detail"];
    if (bad.location) {
      EXPECT_EQ(detail[0]["loc"], Json::parse(bad.location)) << bad.body << answer.body;
    } else {
      EXPECT_TRUE(detail.is_string()) << answer.body;
    }
  }
}

TEST_F(TaskflowTest, AFailureIsTheRequests) {
  start([](const Job& job) -> JobResult {
    if (job.task.text.bytes() == "坏") return fail(ErrorCode::unavailable, "no device can run the model");
    return dictionary(job);
  });
  const Answer answer = uie(R"(["王明","坏"])", R"("人物")");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(answer.json(), Json::parse(R"({"detail":"no device can run the model"})"));
}

}  // namespace
}  // namespace uie
