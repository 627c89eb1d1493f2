// One suite over HTTP against the built program, for every kind of model: a tiny RexUniNLU, SiameseUIE in both
// spellings of its upper layers, and the default model, all four in one process.
//
// What a model finds is compared with the reference where there are golden answers; everything else here holds for any
// model: shapes, offsets that are places of the text, errors at their place, tasks that together equal tasks apart.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "cli/serving.h"
#include "data_files.h"
#include "uie/text/text.h"

namespace uie::test {
namespace {

struct Subject {
  std::string name;    // of the model in the server
  std::string family;  // as /v1/models says
  std::string golden;  // below tests/data
  size_t take_every;   // of the golden lines
  bool is_siamese() const { return family.starts_with("siamese"); }
};

void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }

const std::vector<Subject> kSubjects = {
    {"rex", "rex-uninlu", "rex/ck_base/golden.jsonl.xz", 1},
    {"cross", "siamese-uie", "siamese/a-cross12/golden.jsonl.xz", 1},
    {"plain", "siamese-uninlu", "siamese/b-plain8-fp16/golden.jsonl.xz", 1},
    {"default", "rex-uninlu", "real/golden.jsonl.xz", 4},
};

// Four models in one process. The plain spelling's folder says that it is a SiameseUniNLU.
class FourModels {
 public:
  FourModels() {
    const auto plain = data_file("siamese/b-plain8-fp16");
    for (const char* file : {"config.json", "pytorch_model.bin", "tokenizer_config.json", "vocab.txt"})
      std::filesystem::create_symlink(std::filesystem::canonical(plain / file), uninlu_ / file);
    uninlu_.write("configuration.json", R"({"task": "siamese-uninlu"})");
    serving_ = std::make_unique<Serving>(
        std::vector<std::string>{"--model", "rex=" + data_file("rex/ck_base").string(), "--model",
                                 "cross=" + data_file("siamese/a-cross12").string(), "--model",
                                 "plain=" + (uninlu_ / "").string(), "--model", "default=" + default_model().string()});
  }
  const Serving& serving() const { return *serving_; }

 private:
  TempDir uninlu_;
  std::unique_ptr<Serving> serving_;
};

const Serving& server() {
  static const FourModels models;
  return models.serving();
}

struct Line {
  std::string id;
  Json json;
};

std::vector<Line> golden_lines(const Subject& subject) {
  std::vector<Line> lines;
  size_t number = 0;
  for (const std::string& line : xz_lines(subject.golden)) {
    if (number++ % subject.take_every == 0) lines.push_back({"", Json::parse(line)});
  }
  for (Line& line : lines) line.id = line.json["id"];
  return lines;
}

Text text_of(const Json& text) { return Text::from_utf8(text.get<std::string>()).value(); }

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

using Keys = std::vector<std::string>;

Json without_confidence(Json tuples) {
  for (Json& tuple : tuples) {
    for (Json& item : tuple) item.erase("confidence");
  }
  return tuples;
}

std::set<std::string> as_set(const Json& tuples) {
  std::set<std::string> set;
  for (const Json& tuple : tuples) set.insert(tuple.dump());
  return set;
}

// text[begin, end) in code units of UTF-16.
std::string utf16_slice(const Text& text, uint32_t begin, uint32_t end) {
  std::string slice;
  uint32_t unit = 0;
  for (uint32_t i = 0; i < text.size(); ++i) {
    const std::string_view character = text.slice(i, i + 1);
    if (unit >= begin && unit < end) slice += character;
    unit += character.size() == 4 ? 2 : 1;
  }
  return slice;
}

void expect_place(const Json& offset, const Json& span, const Text& text) {
  ASSERT_EQ(offset.size(), 2u);
  const auto begin = offset[0].get<uint32_t>(), end = offset[1].get<uint32_t>();
  ASSERT_LE(std::max(begin, end), text.size());
  EXPECT_EQ(span, begin < end ? text.slice(begin, end) : std::string_view()) << offset;
}

void expect_confidence(const Json& confidence) {
  ASSERT_TRUE(confidence.is_number());
  EXPECT_GE(confidence, 0.0);
  EXPECT_LE(confidence, 1.0);
}

class Functional : public testing::TestWithParam<Subject> {
 protected:
  void SetUp() override { ASSERT_TRUE(server().started()) << server().log(); }

  static Json with_model(Json body) {
    body["model"] = GetParam().name;
    return body;
  }

  // The whole answer, with status 200.
  static Json ask(const Json& body, const std::string& path = "/v1/extract") {
    const auto answer = server().post(path, with_model(body));
    EXPECT_TRUE(answer && answer->status == 200) << body << (answer ? answer->body : "no answer");
    return answer ? Json::parse(answer->body) : Json();
  }
  static Json ask_one(const Json& body) { return ask(body)["results"][0]; }

  static Json request(const Json& line) {
    Json body{{"text", line["text"]}, {"schema", line["schema"]}};
    if (line.value("output_all_prefix", false)) body["options"] = {{"output_all_prefix", true}};
    return body;
  }

  // The third and later windows of long classification texts vote in ours alone (tests/extract/golden_answer_test.cpp).
  static bool differs_on_purpose(const Json& line) {
    return line["text"].get<std::string>().find("CLASSIFY]") != std::string::npos && text_of(line["text"]).size() > 250;
  }

  static std::string counter(const std::string& what) {
    return "uie_lower_half_" + what + "_total{device=\"cpu\",half=\"text\",model=\"" + GetParam().name + "\"}";
  }
};

TEST_P(Functional, TheModelIsListed) {
  const Json models = Json::parse(server().get("/v1/models")->body)["models"];
  for (const Json& model : models) {
    if (model["name"] != GetParam().name) continue;
    EXPECT_EQ(model["family"], GetParam().family);
    EXPECT_EQ(model["ready"], true);
    EXPECT_EQ(model["default"], GetParam().name == kSubjects.front().name);
    EXPECT_EQ(model["limits"]["max_length"], 512);
    return;
  }
  FAIL() << "not in the list";
}

TEST_P(Functional, GivesTheGoldenAnswers) {
  size_t found = 0, lines = 0;
  for (const Line& line : golden_lines(GetParam())) {
    if (differs_on_purpose(line.json)) continue;
    SCOPED_TRACE(line.id);
    const Json result = ask_one(request(line.json));
    const bool warned = result.contains("warnings");
    EXPECT_EQ(keys(result),
              warned ? (Keys{"output", "windows", "truncated", "warnings"}) : (Keys{"output", "windows", "truncated"}));
    EXPECT_EQ(result["truncated"], false);
    const Text text = text_of(line.json["text"]);
    for (const Json& tuple : result["output"]) {
      for (const Json& item : tuple) {
        ASSERT_EQ(keys(item), (Keys{"type", "span", "offset", "confidence"}));
        // A class stands at the literal, wherever the text has it.
        if (!item["span"].get<std::string>().ends_with("CLASSIFY]")) {
          expect_place(item["offset"], item["span"], text);
        }
        expect_confidence(item["confidence"]);
      }
    }
    const Json tuples = without_confidence(result["output"]);
    if (GetParam().is_siamese()) {
      EXPECT_EQ(tuples, line.json["result"]) << "order included";
    } else {
      EXPECT_EQ(as_set(tuples), as_set(line.json["result"]));
      EXPECT_EQ(tuples.size(), as_set(tuples).size()) << "each once";
    }
    found += tuples.size();
    ++lines;
  }
  EXPECT_GE(lines, 40u);
  EXPECT_GT(found, lines);
}

TEST_P(Functional, TheAnswerSaysWhatItTook) {
  const Json line = golden_lines(GetParam())[3].json;
  const Json answer = ask(request(line));
  EXPECT_EQ(keys(answer),
            (Keys{"request_id", "model", "device", "dtype", "fallback", "results", "usage", "timing_ms"}));
  EXPECT_EQ(answer["model"], GetParam().name);
  EXPECT_EQ(answer["device"], "cpu");
  EXPECT_EQ(answer["usage"]["characters"], text_of(line["text"]).size());
  EXPECT_EQ(answer["usage"]["windows"], 1);
  EXPECT_GE(answer["usage"]["queries"], 1);
  EXPECT_GT(answer["usage"]["tokens"], text_of(line["text"]).size());
  EXPECT_EQ(keys(answer["timing_ms"]), (Keys{"queue", "tokenize", "compute", "decode", "total"}));
  EXPECT_GT(answer["timing_ms"]["compute"], 0.0);
}

TEST_P(Functional, ManyTextsAreAsGoodAsOne) {
  Json texts = Json::array(), schemas = Json::array(), alone = Json::array();
  for (const Line& line : golden_lines(GetParam())) {
    if (line.json.value("output_all_prefix", false) || texts.size() == 24) continue;
    texts.push_back(line.json["text"]);
    schemas.push_back(line.json["schema"]);
    alone.push_back(ask_one(request(line.json)));
  }
  const Json together = ask({{"texts", texts}, {"schemas", schemas}})["results"];
  EXPECT_EQ(together, alone);
}

TEST_P(Functional, OffsetsCountInTheUnitThatWasAsked) {
  size_t items = 0;
  for (const Line& line : golden_lines(GetParam())) {
    if (line.json["result"].empty() || items > 100) continue;
    SCOPED_TRACE(line.id);
    const Text text = text_of(line.json["text"]);
    const auto in_unit = [&](const char* unit) {
      Json body = request(line.json);
      body["options"]["offsets"] = unit;
      return ask_one(body)["output"];
    };
    const Json utf8 = in_unit("utf8"), utf16 = in_unit("utf16"), code_points = in_unit("codepoint");
    ASSERT_EQ(utf8.size(), code_points.size());
    ASSERT_EQ(utf16.size(), code_points.size());
    for (size_t i = 0; i < utf8.size(); ++i) {
      for (size_t j = 0; j < utf8[i].size(); ++j, ++items) {
        const auto begin8 = utf8[i][j]["offset"][0].get<size_t>(), end8 = utf8[i][j]["offset"][1].get<size_t>();
        const auto begin16 = utf16[i][j]["offset"][0].get<uint32_t>(), end16 = utf16[i][j]["offset"][1].get<uint32_t>();
        const std::string span = code_points[i][j]["span"];
        EXPECT_EQ(begin8 < end8 ? text.bytes().substr(begin8, end8 - begin8) : "", span);
        EXPECT_EQ(begin16 < end16 ? utf16_slice(text, begin16, end16) : "", span);
      }
    }
  }
  EXPECT_GT(items, 50u);
}

// A leaf's threshold of 1 leaves nothing, one of 0 everything.
TEST_P(Functional, ThresholdsRemoveItems) {
  for (const Line& line : golden_lines(GetParam())) {
    if (line.json["result"].empty()) continue;
    Json body = request(line.json);
    body["options"]["threshold"] = 1;
    EXPECT_TRUE(ask_one(body)["output"].empty());
    body["options"]["threshold"] = 0;
    EXPECT_FALSE(ask_one(body)["output"].empty());
    return;
  }
  FAIL() << "no line with a result";
}

TEST_P(Functional, ErrorsSayWhereAndWhat) {
  struct Case {
    const char* body;
    int status;
    const char* pointer;  // null: none
  };
  for (const Case& bad : {
           Case{"{\"text\": \"a\"", 400, nullptr},
           Case{"{\"text\": \"\xFF\", \"schema\": {\"a\": null}}", 400, nullptr},
           Case{R"({"schema": {"a": null}})", 422, "/text"},
           Case{R"({"text": 1, "schema": {"a": null}})", 422, "/text"},
           Case{R"({"text": "a", "texts": ["b"], "schema": {"a": null}})", 422, "/texts"},
           Case{R"({"texts": ["a"], "schemas": []})", 422, "/schemas"},
           Case{R"({"text": "a"})", 422, "/schema"},
           Case{R"({"text": "a", "schema": {"人物": {"年龄": 3}}})", 422, "/schema/人物/年龄"},
           Case{R"({"text": "a", "schema": ["人物"]})", 422, "/schema"},
           Case{R"({"text": "a", "schema": {"a": null}, "option": {}})", 422, "/option"},
           Case{R"({"text": "a", "schema": {"a": null}, "options": {"treshold": 1}})", 422, "/options/treshold"},
           Case{R"({"text": "a", "schema": {"a": null}, "options": {"threshold": 2}})", 422, "/options/threshold"},
           Case{R"({"text": "a", "schema": {"a": null}, "task": "ner"})", 422, "/schema"},
           Case{R"({"text": "a", "task": "nre"})", 422, "/task"},
           Case{R"({"text": "a", "task": {"task": "matching"}})", 422, "/task/text2"},
           Case{R"({"text": "a", "tasks": ["ner", "NER"]})", 422, "/tasks/1"},
           Case{R"({"text": "a", "task": {"task": "coreference", "pronoun": "它", "candidate": "a"}})", 422,
                "/task/pronoun"},
       }) {
    std::string body = bad.body;
    if (body.back() == '}') body.insert(body.size() - 1, ", \"model\": \"" + GetParam().name + "\"");
    const auto answer = server().post("/v1/extract", body);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, bad.status) << body << answer->body;
    EXPECT_EQ(answer->get_header_value("Content-Type"), "application/problem+json") << body;
    const Json problem = Json::parse(answer->body);
    EXPECT_EQ(problem["status"], bad.status);
    EXPECT_EQ(problem["instance"], answer->get_header_value("X-Request-Id"));
    if (bad.pointer == nullptr) continue;
    ASSERT_EQ(problem["errors"].size(), 1u) << answer->body;
    EXPECT_EQ(problem["errors"][0]["pointer"], bad.pointer) << answer->body;
    EXPECT_FALSE(problem["errors"][0]["message"].get<std::string>().empty());
  }
}

// --- tasks by name

void expect_mention(const Json& mention, const Text& text) {
  ASSERT_TRUE(mention.contains("text") && mention.contains("offset") && mention.contains("confidence")) << mention;
  EXPECT_FALSE(mention["text"].get<std::string>().empty());
  expect_place(mention["offset"], mention["text"], text);
  expect_confidence(mention["confidence"]);
}

// One entry of a task's list has the shape that docs/tasks.md says.
void expect_entry(const std::string& list, const Json& entry, const Text& text) {
  if (list == "entities") {
    EXPECT_EQ(keys(entry), (Keys{"label", "text", "offset", "confidence"}));
    expect_mention(entry, text);
  } else if (list == "relations") {
    EXPECT_EQ(keys(entry), (Keys{"subject", "relation", "object"}));
    expect_mention(entry["subject"], text);
    expect_mention(entry["object"], text);
  } else if (list == "events") {
    EXPECT_EQ(keys(entry), (Keys{"type", "trigger", "arguments"}));
    expect_mention(entry["trigger"], text);
    for (const Json& argument : entry["arguments"]) expect_mention(argument, text);
  } else if (list == "aspects") {
    EXPECT_EQ(keys(entry), (Keys{"aspect", "opinion", "polarity"}));
    if (!entry["aspect"].is_null()) expect_mention(entry["aspect"], text);
    expect_mention(entry["opinion"], text);
  } else if (list == "labels") {
    ASSERT_TRUE(entry.contains("label") && entry.contains("confidence")) << entry;
    expect_confidence(entry["confidence"]);
  } else if (list == "answers") {
    EXPECT_EQ(keys(entry), (Keys{"question", "text", "offset", "confidence"}));
    expect_mention(entry, text);
  } else {
    FAIL() << list;
  }
}

Json listed_tasks() { return Json::parse(server().get("/v1/tasks")->body)["tasks"]; }

TEST_P(Functional, EveryTaskByName) {
  const Json tasks = listed_tasks();
  ASSERT_EQ(tasks.size(), 14u);
  size_t entries = 0;
  for (const Json& task : tasks) {
    const std::string name = task["name"], list = task["answer"];
    const Json asked = task["examples"][0]["request"];
    std::vector<Json> texts = {asked["text"]};
    for (const Line& line : golden_lines(GetParam())) {
      // Words of the example are not in other texts.
      if (name != "coreference" && texts.size() < 6 && !line.json["result"].empty()) texts.push_back(line.json["text"]);
    }
    for (const Json& text : texts) {
      SCOPED_TRACE(name + ": " + text.get<std::string>());
      const Json result = ask_one({{"text", text}, {"task", asked["task"]}, {"options", {{"native", true}}}});
      ASSERT_EQ(keys(result["tasks"]), Keys{name});
      EXPECT_EQ(keys(result["tasks"][name]), (Keys{list, "native"}));
      EXPECT_EQ(result["output"], result["tasks"][name]["native"]);
      EXPECT_EQ(result.contains("bindings"), list == "aspects");
      for (const Json& entry : result["tasks"][name][list]) expect_entry(list, entry, text_of(text));
      entries += result["tasks"][name][list].size();
      const bool one_at_most = list == "labels" && name != "multi-label";
      EXPECT_TRUE(!one_at_most || result["tasks"][name][list].size() <= 1);
    }
  }
  EXPECT_GT(entries, 10u);
}

// All tasks of the list about one text: together as apart, bindings and usage included.
TEST_P(Functional, SeveralTasksEqualTheSeparateCalls) {
  Json text, tasks = Json::array();
  for (const Json& task : listed_tasks()) {
    const Json& example = task["examples"][0]["request"];
    tasks.push_back(example["task"]);
    if (task["name"] == "coreference") text = example["text"];
  }
  const Json options{{"native", true}};
  const Json whole = ask({{"text", text}, {"tasks", tasks}, {"options", options}});
  const Json& together = whole["results"][0];
  size_t queries = 0;
  for (const Json& task : tasks) {
    const Json alone = ask({{"text", text}, {"task", task}, {"options", options}});
    const Json& answer = alone["results"][0];
    const std::string name = answer["tasks"].begin().key();
    EXPECT_EQ(together["tasks"][name], answer["tasks"][name]) << name;
    if (answer.contains("bindings")) {
      EXPECT_EQ(together["bindings"], answer["bindings"]);
    }
    queries += alone["usage"]["queries"].get<size_t>();
  }
  EXPECT_EQ(together["tasks"].size(), tasks.size());
  EXPECT_EQ(whole["usage"]["queries"], queries);
}

TEST_P(Functional, BindingsJoinAspectAndOpinion) {
  size_t bindings = 0;
  for (const Line& line : golden_lines(GetParam())) {
    if (bindings > 20) break;
    const Json result = ask_one({{"text", line.json["text"]}, {"task", "Aspect-Opinion"}});
    const Json& aspects = result["tasks"]["aspect-opinion"]["aspects"];
    ASSERT_EQ(result["bindings"].size(), aspects.size());
    for (size_t i = 0; i < aspects.size(); ++i, ++bindings) {
      const Json &binding = result["bindings"][i], &aspect = aspects[i];
      ASSERT_EQ(keys(binding), (Keys{"aspect", "opinion", "polarity", "flat"}));
      const std::string named = aspect["aspect"].is_null() ? "" : aspect["aspect"]["text"].get<std::string>();
      EXPECT_EQ(binding["aspect"].is_null(), named.empty());
      EXPECT_EQ(binding["opinion"], aspect["opinion"]["text"]);
      EXPECT_EQ(binding["polarity"], aspect["polarity"]);
      EXPECT_EQ(binding["flat"], named + "_" + aspect["opinion"]["text"].get<std::string>());
    }
  }
  EXPECT_GT(bindings, 0u);
}

// --- the routes of existing clients

TEST_P(Functional, CallGivesTheModelScopeShape) {
  for (const Line& line : golden_lines(GetParam())) {
    if (differs_on_purpose(line.json)) continue;
    SCOPED_TRACE(line.id);
    Json body{{"input", line.json["text"]}, {"schema", line.json["schema"]}};
    if (line.json.contains("output_all_prefix")) body["output_all_prefix"] = line.json["output_all_prefix"];
    const Json answer = ask(body, "/call");
    ASSERT_EQ(keys(answer), Keys{"output"});
    if (GetParam().is_siamese()) {
      EXPECT_EQ(answer["output"], line.json["result"]);
    } else {
      EXPECT_EQ(as_set(answer["output"]), as_set(line.json["result"]));
    }
  }
  const auto refused = server().post("/call", with_model({{"input", "a"}, {"schema", {{"甲", 3}}}}));
  EXPECT_EQ(refused->status, 422);
  EXPECT_EQ(Json::parse(refused->body)["detail"][0]["loc"], (Json{"body", "schema", "甲"})) << refused->body;
}

void expect_findings(const Json& findings, const Text& text, size_t& places) {
  for (const auto& [label, list] : findings.items()) {
    EXPECT_FALSE(list.empty()) << label;
    for (const Json& finding : list) {
      expect_confidence(finding["probability"]);
      if (!finding.contains("start")) {
        EXPECT_TRUE(finding["text"] == "正向" || finding["text"] == "负向") << finding;
        continue;
      }
      ++places;
      ASSERT_LT(finding["start"], finding["end"]) << finding;
      expect_place({finding["start"], finding["end"]}, finding["text"], text);
      if (finding.contains("relations")) expect_findings(finding["relations"], text, places);
    }
  }
}

TEST_P(Functional, TaskflowGivesThePaddleShape) {
  Json texts = Json::array();
  for (const Line& line : golden_lines(GetParam())) {
    if (!line.json["result"].empty() && texts.size() < 12) texts.push_back(line.json["text"]);
  }
  const Json schema = {"人物", {{"产品", {"时间", "评价维度"}}}, "情感倾向[正向，负向]"};
  const Json answer = ask({{"data", {{"text", texts}}}, {"parameters", {{"schema", schema}}}}, "/taskflow/uie");
  ASSERT_EQ(keys(answer), Keys{"result"});
  ASSERT_EQ(answer["result"].size(), texts.size());
  size_t places = 0;
  for (size_t i = 0; i < texts.size(); ++i) expect_findings(answer["result"][i], text_of(texts[i]), places);
  EXPECT_GT(places, 0u);
  const auto refused = server().post("/taskflow/uie", with_model({{"data", {{"text", {"a"}}}}}));
  EXPECT_EQ(refused->status, 422);
  EXPECT_EQ(Json::parse(refused->body)["detail"][0]["loc"], (Json{"body", "parameters", "schema"})) << refused->body;
}

// A schema of one level: Taskflow's findings are the tuples of /v1/extract that have a place.
TEST_P(Functional, TaskflowFindsWhatExtractFinds) {
  const Json labels = {"人物", "产品", "时间"};
  Json schema;
  for (const Json& label : labels) schema[label.get<std::string>()] = nullptr;
  size_t compared = 0;
  for (const Line& line : golden_lines(GetParam())) {
    const std::string text = line.json["text"];
    if (compared > 12 || text.find("CLASSIFY]") != std::string::npos) continue;
    std::set<std::string> expected, found;
    const Json tuples = ask_one({{"text", text}, {"schema", schema}})["output"];
    for (const Json& tuple : tuples) {
      const Json& item = tuple[0];
      if (item["span"] == "") continue;
      expected.insert(item["type"].get<std::string>() + item["span"].get<std::string>() + item["offset"].dump());
    }
    const Json answer = ask({{"data", {{"text", text}}}, {"parameters", {{"schema", labels}}}}, "/taskflow/uie");
    for (const auto& [label, list] : answer["result"][0].items()) {
      for (const Json& finding : list)
        found.insert(label + finding["text"].get<std::string>() + Json{finding["start"], finding["end"]}.dump());
    }
    EXPECT_EQ(found, expected) << line.id;
    compared += !found.empty();
  }
  EXPECT_GT(compared, 0u);
}

// --- the lower half of Siamese models

// Three windows, nine labels on two levels: three passes over the text, counted in /metrics.
TEST_P(Functional, TheLowerHalfRunsOnceAWindow) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "党委书记第" + std::to_string(1000 + i);
  const Json schema{{"人物", {{"时间", nullptr}, {"地点", nullptr}}},
                    {"产品", {{"时间", nullptr}, {"价格", nullptr}}},
                    {"学校", {{"城市", nullptr}}},
                    {"职务", nullptr}};
  const double passes = server().metric(counter("passes")), reuses = server().metric(counter("reuses"));
  const Json answer = ask({{"text", text}, {"schema", schema}});
  const auto windows = answer["usage"]["windows"].get<double>(), queries = answer["usage"]["queries"].get<double>();
  if (!GetParam().is_siamese()) {
    EXPECT_EQ(server().metric(counter("passes")), 0) << "no such counter";
    return;
  }
  EXPECT_EQ(windows, 2);
  EXPECT_GT(queries, 4 * windows) << "the second level was asked too";
  EXPECT_EQ(server().metric(counter("passes")) - passes, windows);
  EXPECT_EQ(server().metric(counter("reuses")) - reuses, queries - windows);
}

INSTANTIATE_TEST_SUITE_P(Models, Functional, testing::ValuesIn(kSubjects),
                         [](const auto& subject) { return subject.param.name; });

}  // namespace
}  // namespace uie::test
