// Named tasks: what each family is asked, and its tuples read back.
#include "uie/schema/tasks.h"

#include <gtest/gtest.h>

#include <map>

#include "data_files.h"
#include "extract/drive.h"
#include "extract/fake_encoder.h"
#include "extract/fake_pointer_encoder.h"
#include "extract/fake_tokenizer.h"
#include "extract/rex_family.h"
#include "extract/siamese_family.h"
#include "extract/task_answer.h"
#include "extract/task_family.h"
#include "extract/task_form.h"

namespace uie::test {
namespace {

Task named(const std::string& text, const std::string& task, const std::string& options = "{}") {
  const SchemaLimits limits;
  AskedTask asked = parse_task(parse_json(task, limits).value(), limits, "").value();
  Task made;
  made.text = Text::from_utf8(text).value();
  made.schema = asked.labels;
  made.named = asked.named;
  made.options = parse_options(parse_json(options, limits).value()).value();
  return made;
}

std::string spelled(const TaskForm& form) { return form.text.bytes() + " " + dump_json(to_json(*form.schema)); }

std::map<std::string, Json> card_cases() {
  std::map<std::string, Json> cases;
  const std::string file = read_file(data_file("rex/cases_card.json"));
  const Json list = parse_json(file, SchemaLimits{}).value();
  for (const Json& c : list) cases[c.at("id").get<std::string>()] = c;
  return cases;
}

std::string text_of(const Json& card, size_t skip) {  // the card's text without its first code points
  const Text text = Text::from_utf8(card.at("text").get<std::string>()).value();
  return std::string(text.slice(static_cast<uint32_t>(skip), text.size()));
}

// The inputs of the published model card come out of plain texts and tasks by name, byte for byte.
TEST(RexForm, GivesTheInputsOfTheModelCard) {
  const auto cards = card_cases();
  struct Case {
    const char* id;
    size_t skip;  // code points that the card has in front of the text
    std::string task, text = {};
  };
  const Case cases[] = {
      {"card_ner", 0, R"("ner")"},
      {"card_re", 0,
       R"json({"task":"relation","schema":{"组织机构":{"注册资本(数字)":null,"创始人(人物)":null,"董事长(人物)":null,
        "总部地点(地理位置)":null,"代言人(人物)":null,"成立日期(时间)":null,"占地面积(数字)":null,"简称(组织机构)":null}}})json"},
      {"card_event", 0, R"({"task":"event","schema":{"胜负":{"时间":null,"败者":null,"胜者":null,"赛事名称":null}}})"},
      {"card_absa", 0, R"({"task":"aspect-opinion","polarity":false,"missing_aspect":false})"},
      {"card_absa_hash", 1, R"({"task":"aspect-opinion","polarity":false})"},
      {"card_absa_pol", 0, R"({"task":"aspect-opinion","missing_aspect":false})"},
      {"card_coref", 10, R"({"task":"coreference","pronoun":"它","candidate":"事物"})",
       "因为周围的山水，早已是一派浑莽无际的绿色了。任何事物一旦达到某种限度，你就不能再给它增加什么了。"},
      {"card_senti", 10, R"("sentiment")"},
      {"card_topic", 10, R"({"task":"classification","labels":["民生","文化","娱乐","体育","财经","教育"]})"},
      {"card_multi", 15,
       R"({"task":"multi-label","labels":["民间故事","推理","心理学","历史","传记","外国名著","文化","诗歌","童话","艺术","科幻","小说"]})"},
      {"card_hier", 10,
       R"({"task":"hierarchical","schema":{"APP系统功能":{"蓝牙钥匙故障":null,"界面显示异常":null,"数据显示不准确":null,"远程控制故障":null},
        "电器-附件":{"电子模块问题":null,"雨刮、洗涤器故障":null,"防盗报警系统":null,"定速巡航系统":null}}})"},
      {"card_match", 10, R"({"task":"matching","text2":"高分子材料与工程专业的完整定义"})", "高分子材料与工程排名"},
      {"card_nli", 10, R"({"task":"inference","text2":"从未有银行扣过手续费"})", "呃,银行听说都要扣一点这个转手费"},
      {"card_choice", 10,
       R"({"task":"multiple-choice","question":"B为什么不坐飞机?","options":["飞机票太贵","时间来不及","坐飞机头晕","飞机票太便宜"]})"},
      {"card_mrc", 0, R"({"task":"reading","question":"大莱龙铁路位于哪里？"})"},
  };
  for (const Case& c : cases) {
    const Json& card = cards.at(c.id);
    const Task task = named(c.text.empty() ? text_of(card, c.skip) : c.text, c.task);
    EXPECT_EQ(spelled(rex_form(task)), card["text"].get<std::string>() + " " + dump_json(card["schema"])) << c.id;
  }
}

// spec/siamese.md §8.
TEST(SiameseForm, GivesTheInputsOfTheModelCard) {
  const auto form = [](const std::string& text, const std::string& task) {
    return spelled(siamese_form(named(text, task)));
  };
  EXPECT_EQ(form("很满意", R"({"task":"aspect-opinion","polarity":false})"), R"(#很满意 {"属性词":{"情感词":null}})");
  EXPECT_EQ(form("好", R"({"task":"aspect-opinion","missing_aspect":false})"),
            R"json(好 {"属性词":{"正向情感(情感词)":null,"负向情感(情感词)":null,"中性情感(情感词)":null}})json");
  EXPECT_EQ(form("负于", R"({"task":"event","schema":{"胜负":{"败者":null}}})"),
            R"json(负于 {"胜负(事件触发词)":{"败者":null}})json");
  EXPECT_EQ(form("好", R"({"task":"sentiment","labels":["正向","负向"]})"), R"(正向,负向|好 {"情感分类":null})");
  EXPECT_EQ(form("好", R"("emotion")"), R"(无情绪,积极,愤怒,悲伤,恐惧,惊奇|好 {"情感分类":null})");
  EXPECT_EQ(form("升学", R"({"task":"classification","labels":["民生故事","文化"]})"),
            R"(民生故事,文化|升学 {"分类":null})");
  EXPECT_EQ(form("甲", R"({"task":"hierarchical","schema":{"电台":{"打开":null},"应用":{"打开":null,"下载":null}}})"),
            R"(电台-打开,应用-打开,下载|甲 {"分类":null})");
  EXPECT_EQ(form("甲", R"({"task":"matching","text2":"乙"})"), R"(相似,不相似|甲&乙 {"文本匹配":null})");
  EXPECT_EQ(form("甲", R"({"task":"inference","text2":"乙"})"),
            R"(蕴含,矛盾,中立|段落1：甲；段落2：乙 {"段落2和段落1的关系是：":null})");
  EXPECT_EQ(
      form("他望着妹妹，要求她谅解。", R"({"task":"coreference","pronoun":"她","candidate":"妹妹"})"),
      R"json(是的,不是|他望着妹妹（候选词），要求她(代词)谅解。 {"在下面的描述中，代词“她”指代的是“妹妹”吗？":null})json");
  EXPECT_EQ(form("对话", R"({"task":"multiple-choice","question":"B为什么?","options":["甲","乙"]})"),
            R"(甲,乙|对话 {"B为什么?":null})");
  EXPECT_EQ(form("铁路", R"({"task":"reading","question":"哪里？"})"), R"(铁路 {"哪里？":null})");
}

TEST(MarkedCoreference, MarksTheFirstCandidateAndThePronounAfterIt) {
  const auto marked = [](const std::string& text) {
    return marked_coreference(named(text, R"({"task":"coreference","pronoun":"它","candidate":"河"})"));
  };
  EXPECT_EQ(marked("它和河，它"), "它和河（候选词），它(代词)");
  EXPECT_EQ(marked("它和河"), "它(代词)和河（候选词）");
  EXPECT_EQ(marked("河（候选词）它(代词)河它"), "河（候选词）它(代词)河它");
}

// "type=span[b,e] type=…; …"
std::string spelled(const std::vector<Chain>& chains) {
  std::string text;
  for (const Chain& chain : chains) {
    text += text.empty() ? "" : "; ";
    for (const Item& item : chain) {
      text += (&item == chain.data() ? "" : " ") + item.type + "=" + item.span + "[" + std::to_string(item.begin) +
              "," + std::to_string(item.end) + "]";
    }
  }
  return text;
}

Extracted read_back(const Task& task, const TaskForm& form, std::vector<Chain> chains) {
  Extracted found;
  found.chains = std::move(chains);
  return read_answer(std::move(found), form, task);
}

TEST(ReadAnswer, OffsetsAreTheCallersAndWhatWasAddedIsMissing) {
  const Task task = named("屏幕差", R"("aspect-opinion")", R"({"native":true})");
  const Extracted answer = read_back(task, rex_form(task),
                                     {{{"属性词", "屏幕", 1, 3, 0.9}, {"负向情感(情感词)", "差", 3, 4, 0.8}},
                                      {{"属性词", "#", 0, 1, 0.9}, {"负向情感(情感词)", "差", 3, 4, 0.8}},
                                      {{"属性词", "#屏", 0, 2, 0.9}, {"负向情感(情感词)", "差", 3, 4, 0.8}},
                                      {{"属性词", "屏幕", 1, 3, 0.9}, {"负向情感(情感词)", "#", 0, 1, 0.8}},
                                      {{"属性词", "", 3, 0, 0.9}, {"负向情感(情感词)", "差", 3, 4, 0.8}}});
  EXPECT_EQ(spelled(answer.chains),
            "属性词=屏幕[0,2] 负向情感=差[2,3]; 属性词=[0,0] 负向情感=差[2,3]; 属性词=屏[0,1] 负向情感=差[2,3]");
  EXPECT_EQ(answer.native.size(), 5u);
  EXPECT_EQ(spelled({answer.native[1]}), "属性词=#[0,0] 负向情感(情感词)=差[2,3]");
  EXPECT_EQ(answer.usage.characters, 3u);
}

TEST(ReadAnswer, ThresholdsNameTheCallersLabels) {
  const Task task = named("甲胜乙", R"({"task":"event","schema":{"胜负":{"胜者":null,"败者":null}}})",
                          R"({"thresholds":{"胜者":0.9}})");
  const Extracted answer = read_back(task, rex_form(task),
                                     {{{"胜负(事件触发词)", "胜", 1, 2, 0.8}, {"胜者", "甲", 0, 1, 0.8}},
                                      {{"胜负(事件触发词)", "胜", 1, 2, 0.8}, {"败者", "乙", 2, 3, 0.8}}});
  EXPECT_EQ(spelled(answer.chains), "胜负=胜[1,2] 败者=乙[2,3]");
}

// A Siamese trigger without arguments is an event; among the family's own tuples it stands only where it was asked for.
TEST(ReadAnswer, TriggersWithoutArgumentsAreEvents) {
  const auto read = [](const std::string& options) {
    const Task task = named("甲胜乙。离职", R"({"task":"event","schema":{"胜负":{"胜者":null},"离职":null}})", options);
    const TaskForm form = siamese_form(task);
    EXPECT_TRUE(form.early_ends);
    return read_back(task, form,
                     {{{"胜负(事件触发词)", "胜", 1, 2, 0.8}},
                      {{"胜负(事件触发词)", "胜", 1, 2, 0.8}, {"胜者", "甲", 0, 1, 0.8}},
                      {{"胜负(事件触发词)", "乙", 2, 3, 0.8}},
                      {{"离职(事件触发词)", "离职", 4, 6, 0.8}}});
  };
  const Extracted answer = read(R"({"native":true})");
  EXPECT_EQ(spelled(answer.chains), "胜负=胜[1,2]; 胜负=胜[1,2] 胜者=甲[0,1]; 胜负=乙[2,3]; 离职=离职[4,6]");
  EXPECT_EQ(spelled(answer.native), "胜负(事件触发词)=胜[1,2] 胜者=甲[0,1]; 离职(事件触发词)=离职[4,6]");
  EXPECT_EQ(read(R"({"native":true,"output_all_prefix":true})").native.size(), 4u);
}

TEST(ReadAnswer, RexLabelsLoseTheirQuestion) {
  const Task task = named("甲", R"({"task":"matching","text2":"乙"})");
  EXPECT_EQ(spelled(read_back(task, rex_form(task), {{{"文本匹配：相似", "[CLASSIFY]", 0, 10, 0.8}}}).chains),
            "相似=[0,0]");
}

// 正向,负向|正向的负 : a label may be found whole, in part, twice, outside the label part, or over its edge.
TEST(ReadAnswer, SiameseLabelsAreSpansOfTheLabelPart) {
  const Task one = named("正向的负", R"({"task":"sentiment","labels":["正向","负向"]})");
  const auto read = [](const Task& task, std::vector<Chain> chains) {
    return spelled(read_back(task, siamese_form(task), std::move(chains)).chains);
  };
  EXPECT_EQ(read(one, {{{"情感分类", "负向", 3, 5, 0.8}}}), "负向=[0,0]");
  EXPECT_EQ(read(one, {{{"情感分类", "正向", 0, 2, 0.6}}, {{"情感分类", "向", 4, 5, 0.8}}}), "负向=[0,0]");
  EXPECT_EQ(
      read(one,
           {{{"情感分类", "正向", 6, 8, 0.9}}, {{"情感分类", "正向,负", 0, 4, 0.9}}, {{"情感分类", "", 2, 0, 0.9}}}),
      "");
  const Task many = named("甲", R"({"task":"multi-label","schema":{"上":{"好":null,"坏":null}}})");
  EXPECT_EQ(read(many, {{{"分类", "坏", 2, 3, 0.6}}, {{"分类", "好", 0, 1, 0.8}}, {{"分类", "坏", 2, 3, 0.7}}}),
            "上=[0,0] 坏=[0,0]; 上=[0,0] 好=[0,0]");
}

class NamedTaskExtraction : public testing::Test {
 protected:
  std::string extract(const std::string& text, const std::string& task, const std::string& options = "{}") {
    return spelled(drive_one(*family_, named(text, task, options), encoder_).chains);
  }

  const std::shared_ptr<const Tokenizer> tokenizer_ = std::make_shared<FakeTokenizer>();
  const std::shared_ptr<const Family> family_ = with_named_tasks(make_rex_family(tokenizer_, ExtractOptions{}).value());
  ScriptedEncoder encoder_{tokenizer_};
};

TEST_F(NamedTaskExtraction, GoesThroughTheFamilyAndBack) {
  encoder_.find("属性词", "屏幕")
      .find("属性词", "#")
      .find("负向情感(情感词)", "差", "属性词: 屏幕")
      .find("正向情感(情感词)", "满意", "属性词: #");
  EXPECT_EQ(extract("满意，屏幕差", R"("aspect-opinion")"),
            "属性词=[0,0] 正向情感=满意[0,2]; 属性词=屏幕[3,5] 负向情感=差[5,6]");
  encoder_.find("文本匹配：相似", "[CLASSIFY]").find("童话", "[MULTICLASSIFY]").find("历史", "[MULTICLASSIFY]");
  EXPECT_EQ(extract("甲", R"({"task":"matching","text2":"乙"})"), "相似=[0,0]");
  EXPECT_EQ(extract("书", R"({"task":"multi-label","labels":["童话","小说","历史"]})"), "历史=[0,0]; 童话=[0,0]");
  EXPECT_EQ(extract("甲", R"({"task":"matching","text2":"乙"})", R"({"threshold":0.99})"), "");
}

TEST(SiameseNamedTask, GivesATriggerWithoutArguments) {
  const std::shared_ptr<const Tokenizer> tokenizer = std::make_shared<FakeTokenizer>();
  const auto family = with_named_tasks(make_siamese_family("siamese-uninlu", tokenizer, ExtractOptions{}).value());
  ScriptedPointers encoder(tokenizer);
  encoder.find("胜负(事件触发词): ", "胜").find("离职(事件触发词): ", "走").find("胜负(事件触发词): 胜, 胜者: ", "甲");
  const char* const task = R"({"task":"event","schema":{"胜负":{"胜者":null},"离职":{"离职者":null}}})";
  const Extracted answer = drive_one(*family, named("甲胜，乙走", task, R"({"native":true})"), encoder);
  EXPECT_EQ(spelled(answer.chains), "胜负=胜[1,2]; 胜负=胜[1,2] 胜者=甲[0,1]; 离职=走[4,5]");
  EXPECT_EQ(spelled(answer.native), "胜负(事件触发词)=胜[1,2] 胜者=甲[0,1]");
}

TEST_F(NamedTaskExtraction, AsksNothingAboutAnEmptyText) {
  const Extracted answer = drive_one(*family_, named("", R"("sentiment")"), encoder_);
  EXPECT_TRUE(answer.chains.empty());
  EXPECT_EQ(answer.usage.queries, 0u);
}

TEST_F(NamedTaskExtraction, LeavesPlainSchemasAlone) {
  encoder_.find("甲", "一");
  EXPECT_EQ(spelled(drive_one(*family_, make_task("一二", R"({"甲":null})"), encoder_).chains), "甲=一[0,1]");
}

// Whatever is found, every span of every task is a place of the caller's text.
TEST_F(NamedTaskExtraction, NeverInventsASpan) {
  const char* const tasks[] = {R"("ner")",
                               R"("relation")",
                               R"("event")",
                               R"("aspect-opinion")",
                               R"("sentiment")",
                               R"({"task":"reading","question":["谁？","何时？"]})",
                               R"({"task":"matching","text2":"乙"})",
                               R"({"task":"coreference","pronoun":"它","candidate":"😀"})",
                               R"({"task":"multi-label","labels":["甲","乙"]})"};
  for (uint64_t seed = 0; seed < 40; ++seed) {
    HashEncoder encoder(seed, 0.2);
    for (const char* json : tasks) {
      const Task task = named("它 😀 [SEP]#它\n甲 ", json, R"({"native":true})");
      const Extracted answer = drive_one(*family_, task, encoder);
      for (const auto* chains : {&answer.chains, &answer.native}) {
        for (const Chain& chain : *chains) {
          ASSERT_FALSE(chain.empty());
          for (const Item& item : chain) {
            ASSERT_LE(item.begin, item.end);
            ASSERT_LE(item.end, task.text.size());
            if (item.begin == item.end) continue;
            ASSERT_EQ(item.span, task.text.slice(item.begin, item.end));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace uie::test
