#include "uie/schema/tasks.h"

#include <gtest/gtest.h>

#include <set>

#include "schema/task_table.h"

namespace uie {
namespace {

Json json_of(std::string_view text) { return parse_json(text, SchemaLimits{}).value(); }

AskedTask task_of(std::string_view json) {
  auto task = parse_task(json_of(json), SchemaLimits{}, "/task");
  EXPECT_TRUE(task) << json << ": " << (task ? "" : task.error().message);
  return task.value();
}

// Every object with "text" and "offset" in it is a place of the text.
void expect_places(const Json& json, const Text& text) {
  if (json.is_object() && json.contains("offset")) {
    EXPECT_EQ(json["text"], text.slice(json["offset"][0], json["offset"][1])) << json;
  }
  if (!json.is_structured()) return;
  for (const Json& child : json) expect_places(child, text);
}

TEST(TaskTable, NamesAreUniqueAndExamplesAreTrue) {
  std::set<const TaskRow*> found;
  for (const TaskRow& row : task_table()) {
    EXPECT_EQ(find_task(row.name), &row) << row.name;
    EXPECT_EQ(&task_row(row.kind), &row) << row.name;
    for (const auto alias : row.aliases) EXPECT_EQ(find_task(alias), &row) << alias;
    EXPECT_EQ(row.default_labels.empty() ? false : !parse_schema(row.default_labels, SchemaLimits{}), false)
        << row.name;
    const AskedTask task = task_of(row.example_task);
    EXPECT_EQ(task.name, row.name);
    const Text text = Text::from_utf8(std::string(row.example_text)).value();
    EXPECT_TRUE(check_task(task, text)) << row.name;
    const Json answer = json_of(row.example_answer);
    ASSERT_TRUE(answer.contains(row.answer)) << row.name;
    expect_places(answer, text);
  }
  EXPECT_EQ(task_table().size(), 14u);
}

TEST(TaskTable, ListsEverythingInTwoLanguages) {
  const Json list = list_of_tasks();
  ASSERT_EQ(list.size(), task_table().size());
  for (const Json& task : list) {
    for (const char* words : {"title", "about"}) {
      for (const char* language : {"zh", "en"}) EXPECT_FALSE(task[words][language].get<std::string>().empty()) << task;
    }
    EXPECT_EQ(task["examples"][0]["request"]["task"]["task"], task["name"]);
    bool needs = false;
    for (const Json& parameter : task["parameters"]) {
      needs |= parameter["required"].get<bool>();
      EXPECT_FALSE(parameter["about"]["zh"].get<std::string>().empty());
    }
    // What needs nothing can be asked by its name alone, and the other way round.
    EXPECT_EQ(!needs, parse_task(task["name"], SchemaLimits{}, "").has_value()) << task["name"];
  }
}

TEST(ParseTask, TakesTheSpellingsOfPresentDeployments) {
  const std::pair<const char*, const char*> spellings[] = {{"NER", "ner"},
                                                           {"Sentiment", "sentiment"},
                                                           {"Aspect-Opinion", "aspect-opinion"},
                                                           {"EE", "event"},
                                                           {"Event Extraction", "event"},
                                                           {"relation_extraction", "relation"},
                                                           {"ABSA", "aspect-opinion"},
                                                           {"Text Classification", "classification"},
                                                           {"情感分类", "sentiment"},
                                                           {"Emotion", "emotion"}};
  for (const auto& [spelling, name] : spellings) {
    const auto task = parse_task(Json(spelling), SchemaLimits{}, "/task");
    ASSERT_TRUE(task) << spelling;
    EXPECT_EQ(task->name, name);
  }
}

TEST(ParseTask, ReadsParametersAndFillsInDefaults) {
  EXPECT_EQ(dump_json(to_json(*task_of(R"("ner")").labels)), R"({"人物":null,"地理位置":null,"组织机构":null})");
  EXPECT_EQ(dump_json(to_json(*task_of(R"({"task":"ner","labels":["乙","甲"]})").labels)), R"({"乙":null,"甲":null})");
  EXPECT_EQ(dump_json(to_json(*task_of(R"({"task":"ner","schema":"{\"甲\":null}"})").labels)), R"({"甲":null})");
  const AskedTask aspects = task_of(R"({"task":"aspect-opinion","polarity":false,"missing_aspect":false,"as":"观点"})");
  EXPECT_EQ(aspects.name, "观点");
  EXPECT_FALSE(aspects.named->polarity);
  EXPECT_FALSE(aspects.named->missing_aspect);
  EXPECT_EQ(task_of(R"({"task":"matching","text2":"甲"})").named->second.bytes(), "甲");
  EXPECT_EQ(dump_json(to_json(*task_of(R"({"task":"reading","question":"谁？"})").labels)), R"({"谁？":null})");
  EXPECT_EQ(dump_json(to_json(*task_of(R"({"task":"reading","question":["谁？","何时？"]})").labels)),
            R"({"谁？":null,"何时？":null})");
  const AskedTask choice = task_of(R"({"task":"multiple-choice","question":"谁？","options":["甲","乙"]})");
  EXPECT_EQ(choice.named->question, "谁？");
  EXPECT_EQ(choice.labels->children.size(), 2u);
}

TEST(ParseTask, SaysWhatIsWrongWhereAndWhatWouldBeRight) {
  struct Case {
    const char *json, *where, *says;
  };
  for (const Case& c : {
           Case{R"("nre")", "/task", "known are ner, relation, event"},
           Case{R"({"task":"nre"})", "/task/task", "known are"},
           Case{R"({"task":7})", "/task/task", "known are"},
           Case{R"({"labels":["甲"]})", "/task", "a task is a name"},
           Case{"7", "/task", "a task is a name"},
           Case{R"({"task":"ner","lables":["甲"]})", "/task/lables", "takes labels, schema"},
           Case{R"({"task":"ner","labels":[]})", "/task/labels", "not empty"},
           Case{R"({"task":"ner","labels":"甲"})", "/task/labels", "list of strings"},
           Case{R"({"task":"ner","labels":["甲",""]})", "/task/labels/1", "not empty"},
           Case{R"({"task":"ner","labels":["甲","甲"]})", "/task/labels/1", "twice"},
           Case{R"({"task":"ner","labels":["甲"],"schema":{"乙":null}})", "/task/schema", "either"},
           Case{R"({"task":"ner","schema":{"甲":{"乙":null}}})", "/task/schema/甲", "put null here"},
           Case{R"({"task":"ner","schema":{"甲":5}})", "/task/schema/甲", "below a label"},
           Case{R"({"task":"ner","schema":{}})", "/task/schema", "at least one"},
           Case{R"({"task":"relation","schema":{"甲/乙":null}})", "/task/schema/甲~1乙", "below each label"},
           Case{R"({"task":"event","schema":{"甲":{"乙":{"丙":null}}}})", "/task/schema/甲/乙", "two levels"},
           Case{R"("matching")", "/task/text2", "needs 'text2'"},
           Case{R"("hierarchical")", "/task/schema", "needs 'schema'"},
           Case{R"({"task":"multiple-choice","question":"谁"})", "/task/options", "needs 'options'"},
           Case{R"({"task":"coreference","pronoun":"它"})", "/task/candidate", "needs 'candidate'"},
           Case{R"({"task":"aspect-opinion","polarity":1})", "/task/polarity", "true or false"},
           Case{R"({"task":"aspect-opinion","polarity":false,"labels":["好"]})", "/task/labels", "polarit"},
           Case{R"({"task":"ner","as":""})", "/task/as", "not empty"},
       }) {
    const auto task = parse_task(json_of(c.json), SchemaLimits{}, "/task");
    ASSERT_FALSE(task) << c.json;
    EXPECT_EQ(task.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(task.error().where, c.where) << c.json;
    EXPECT_NE(task.error().message.find(c.says), std::string::npos) << c.json << ": " << task.error().message;
  }
  SchemaLimits small;
  small.max_labels = 2;
  small.max_text_chars = 3;
  EXPECT_EQ(parse_task(json_of(R"({"task":"ner","labels":["a","b","c"]})"), small, "").error().where, "/labels");
  EXPECT_EQ(parse_task(json_of(R"({"task":"matching","text2":"一二三四"})"), small, "").error().code,
            ErrorCode::too_large);
}

TEST(ParseTasks, EachAnswerHasAName) {
  const auto parse = [](const char* json) { return parse_tasks(json_of(json), SchemaLimits{}, "/tasks"); };
  EXPECT_EQ(parse(R"(["NER",{"task":"ner","as":"again"}])")->size(), 2u);
  EXPECT_EQ(parse(R"(["ner","Entities"])").error().where, "/tasks/1");
  EXPECT_EQ(parse(R"(["ner",{"task":"nre"}])").error().where, "/tasks/1/task");
  EXPECT_EQ(parse("[]").error().where, "/tasks");
  EXPECT_EQ(parse(R"("ner")").error().where, "/tasks");
}

TEST(CheckTask, TheWordsOfACoreferenceMustOccur) {
  const AskedTask task = task_of(R"({"task":"coreference","pronoun":"它","candidate":"事物"})");
  EXPECT_TRUE(check_task(task, Text::from_utf8("事物和它").value()));
  EXPECT_EQ(check_task(task, Text::from_utf8("事物").value()).error().where, "/task/pronoun");
  EXPECT_EQ(check_task(task, Text::from_utf8("它").value()).error().where, "/task/candidate");
}

// As an extraction gives it (Extracted in uie/schema/extracted.h) → what a client reads.
std::string shape(TaskKind kind, std::vector<Chain> chains, OffsetUnit unit = OffsetUnit::codepoint) {
  NamedTask task;
  task.kind = kind;
  Extracted found;
  found.chains = std::move(chains);
  return dump_json(task_answer_to_json(task, found, Text::from_utf8("😀甲乙丙丁").value(), unit, false));
}

TEST(TaskAnswer, HasOneShapeForEachKind) {
  const Item a{"甲类", "甲", 1, 2, 0.91}, b{"关系(乙类)", "乙", 2, 3, 0.5}, c{"论元", "丙", 3, 4, 0.7};
  EXPECT_EQ(shape(TaskKind::entities, {{a}}),
            R"({"entities":[{"label":"甲类","text":"甲","offset":[1,2],"confidence":0.91}]})");
  EXPECT_EQ(shape(TaskKind::entities, {{a}}, OffsetUnit::utf16),
            R"({"entities":[{"label":"甲类","text":"甲","offset":[2,3],"confidence":0.91}]})");
  EXPECT_EQ(
      shape(TaskKind::relations, {{a, b}}),
      R"({"relations":[{"subject":{"label":"甲类","text":"甲","offset":[1,2],"confidence":0.91},"relation":"关系",)"
      R"("object":{"label":"乙类","text":"乙","offset":[2,3],"confidence":0.5}}]})");
  EXPECT_EQ(
      shape(TaskKind::events, {{a, c}, {c}, {a, {"别的", "乙", 2, 3, 0.6}}}),
      R"({"events":[{"type":"甲类","trigger":{"text":"甲","offset":[1,2],"confidence":0.91},"arguments":[)"
      R"({"label":"论元","text":"丙","offset":[3,4],"confidence":0.7},{"label":"别的","text":"乙","offset":[2,3],"confidence":0.6}]},)"
      R"({"type":"论元","trigger":{"text":"丙","offset":[3,4],"confidence":0.7},"arguments":[]}]})");
  EXPECT_EQ(
      shape(TaskKind::aspects, {{a, {"差评", "丙", 3, 4, 0.7}}, {{"属性词", "", 0, 0, 0.9}, {"", "丙", 3, 4, 0.7}}}),
      R"({"aspects":[{"aspect":{"text":"甲","offset":[1,2],"confidence":0.91},"opinion":{"text":"丙","offset":[3,4],"confidence":0.7},"polarity":"差评"},)"
      R"({"aspect":null,"opinion":{"text":"丙","offset":[3,4],"confidence":0.7},"polarity":null}]})");
  EXPECT_EQ(shape(TaskKind::reading, {{a}}),
            R"({"answers":[{"question":"甲类","text":"甲","offset":[1,2],"confidence":0.91}]})");
  EXPECT_EQ(shape(TaskKind::hierarchy, {{{"上", "", 0, 0, 0.9}, {"下", "", 0, 0, 0.8}}}),
            R"({"labels":[{"label":"下","path":["上","下"],"confidence":0.85}]})");
  EXPECT_EQ(shape(TaskKind::sentiment, {{{"好", "", 0, 0, 0.9}}}), R"({"labels":[{"label":"好","confidence":0.9}]})");
  EXPECT_EQ(shape(TaskKind::choice, {}), R"({"labels":[]})");
  EXPECT_EQ(shape(TaskKind::relations, {{a}}), R"({"relations":[]})");  // no relation without an object
}

TEST(Bindings, JoinAspectOpinionAndPolarity) {
  const Json aspects = json_of(R"([{"aspect":{"text":"屏幕"},"opinion":{"text":"差"},"polarity":"负向情感"},
                                   {"aspect":null,"opinion":{"text":"满意"},"polarity":null}])");
  EXPECT_EQ(bindings_of(aspects), json_of(R"([{"aspect":"屏幕","opinion":"差","polarity":"负向情感","flat":"屏幕_差"},
                                              {"aspect":null,"opinion":"满意","polarity":null,"flat":"_满意"}])"));
}

}  // namespace
}  // namespace uie
