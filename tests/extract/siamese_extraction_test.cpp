// Whole extractions on encoders without weights.
#include "extract/siamese_extraction.h"

#include <cmath>

#include <gtest/gtest.h>

#include "extract/drive.h"
#include "extract/fake_pointer_encoder.h"
#include "extract/fake_tokenizer.h"
#include "extract/siamese_family.h"
#include "extract/spelled.h"

namespace uie::test {
namespace {

const std::shared_ptr<const Tokenizer> kTokenizer = std::make_shared<FakeTokenizer>();

std::shared_ptr<const Family> family(const ExtractOptions& options = {}) {
  return make_siamese_family("siamese-uie", kTokenizer, options).value();
}

std::string extract(Encoder& encoder, const std::string& text, const std::string& schema,
                    const std::string& options = "{}") {
  return spelled(drive_one(*family(), make_task(text, schema, options), encoder));
}

TEST(SiameseExtraction, GivesLabelsInTheOrderOfTheSchemaAndItemsInThatOfTheText) {
  ScriptedPointers encoder(kTokenizer);
  encoder.find("人物: ", "张三").find("地点: ", "北京").find("地点: ", "张三");
  EXPECT_EQ(extract(encoder, "北京的张三去北京", R"({"人物":null,"地点":null})"),
            "人物=张三[3,5]; 地点=北京[0,2]; 地点=张三[3,5]; 地点=北京[6,8]");
  EXPECT_EQ(extract(encoder, "无人", R"({"人物":null})"), "");
}

// All of a level is asked at once; the answer is written depth first.
TEST(SiameseExtraction, AsksLevelByLevelAndAnswersDepthFirst) {
  ScriptedPointers encoder(kTokenizer);
  encoder.find("人物: ", "张三").find("人物: ", "李四").find("时间: ", "九年");
  encoder.find("人物: 张三, 公司: ", "甲厂").find("人物: 李四, 公司: ", "乙厂").find("人物: 李四, 岁: ", "九");
  encoder.find("人物: 张三, 公司: 甲厂, 年份: ", "九年");
  const std::string text = "张三李四甲厂乙厂九年", schema = R"({"人物":{"公司":{"年份":null},"岁":null},"时间":null})";
  const auto extraction = family()->begin(make_task(text, schema));
  std::vector<size_t> rounds;
  for (size_t number = 0; !extraction->done();) {
    const std::vector<Query> queries = extraction->next();
    rounds.push_back(queries.size());
    for (const Query& query : queries) {
      ASSERT_TRUE(extraction->feed(number++, encoder.answer(std::get<PointerQuery>(query))));
    }
  }
  EXPECT_EQ(rounds, (std::vector<size_t>{2, 4, 2}));
  EXPECT_EQ(spelled(extraction->result()),
            "人物=张三[0,2] 公司=甲厂[4,6] 年份=九年[8,10]; 人物=李四[2,4] 岁=九[8,9]; 时间=九年[8,10]");
  EXPECT_EQ(extract(encoder, text, schema, R"({"output_all_prefix":true})"),
            "人物=张三[0,2]; 人物=张三[0,2] 公司=甲厂[4,6]; 人物=张三[0,2] 公司=甲厂[4,6] 年份=九年[8,10]; "
            "人物=李四[2,4]; 人物=李四[2,4] 公司=乙厂[6,8]; 人物=李四[2,4] 岁=九[8,9]; 时间=九年[8,10]");
}

TEST(SiameseExtraction, EqualPromptsAreAskedOnce) {
  ScriptedPointers encoder(kTokenizer);
  encoder.find("人: ", "a").find("人: a, 事: ", "b");
  std::vector<std::unique_ptr<Extraction>> one;
  one.push_back(family()->begin(make_task("aba", R"({"人":{"事":null}})")));
  const auto& siamese = dynamic_cast<const SiameseExtraction&>(*one.front());
  const Extracted answer = drive(one, encoder).front();
  EXPECT_EQ(spelled(answer), "人=a[0,1] 事=b[1,2]; 人=a[2,3] 事=b[1,2]");
  EXPECT_EQ(siamese.reference_prompts(), 3u);
  EXPECT_EQ(answer.usage.queries, 2u);
  EXPECT_EQ(answer.usage.tokens, 2 * 5u + 4 + 8);
}

TEST(SiameseExtraction, PromptsStandBehindAWholeWindow) {
  HashPointers encoder(1, 0);
  struct Case {
    size_t chars;
    std::vector<size_t> lengths;  // of the windows
    int32_t position;
  };
  for (const auto& [chars, lengths, position] : {Case{5, {7}, 7},
                                                 {382, {384}, 384},
                                                 {383, {384, 33}, 384},
                                                 {734, {384, 384}, 384},
                                                 {735, {384, 384, 33}, 384}}) {
    const size_t before = encoder.asked().size();
    const Extracted answer = drive_one(*family(), make_task(std::string(chars, 'x'), R"({"甲":null})"), encoder);
    EXPECT_EQ(answer.usage.windows, lengths.size());
    std::vector<size_t> seen;
    for (size_t i = before; i < encoder.asked().size(); ++i) {
      const PointerQuery& query = encoder.asked()[i];
      EXPECT_EQ(query.hint_position, position);
      seen.push_back(query.text_ids.size());
    }
    EXPECT_EQ(seen, lengths);
  }
}

TEST(SiameseExtraction, WordsAcrossWindowsAreFound) {
  std::string text(800, 'x');
  text.replace(381, 4, "abcd");  // tokens 382 … 385; the first window ends before 384
  ScriptedPointers encoder(kTokenizer);
  encoder.find("甲: ", "abcd", 8, 8);
  const Extracted answer = drive_one(*family(), make_task(text, R"({"甲":null})"), encoder);
  EXPECT_EQ(spelled(answer), "甲=abcd[381,385]") << "(8 - 4) / 2 in the overlap";
  EXPECT_NEAR(answer.chains.at(0).at(0).confidence, (1 / (1 + std::exp(-1.5)) + 1 / (1 + std::exp(-7.5))) / 2, 1e-9);
}

TEST(SiameseExtraction, TheFrameMayBeginAndEndItems) {
  ScriptedPointers encoder(kTokenizer);
  encoder.find("甲: ", "[CLS]a").find("甲: ", "c[SEP]").find("甲: , 乙: ", "b");
  EXPECT_EQ(extract(encoder, "abc", R"({"甲":null})"), "甲=a[0,1]; 甲=[2,0]");
  EXPECT_EQ(extract(encoder, "abc", R"({"甲":{"乙":null}})"), "甲=[2,0] 乙=b[1,2]");
  encoder.find("甲: ", "[CLS][SEP]");
  EXPECT_EQ(extract(encoder, "", R"({"甲":null})"), "甲=[0,0]") << "an empty text is asked";
}

TEST(SiameseExtraction, ThresholdsRemoveItemsAndWhatHangsBelow) {
  ScriptedPointers encoder(kTokenizer);
  encoder.find("甲: ", "a", 1.5, 1.5).find("甲: ", "b", 3.5, 3.5);  // 0.731 and 0.953
  encoder.find("甲: a, 乙: ", "c", 1.5, 1.5).find("甲: b, 乙: ", "c", 1.5, 1.5);
  const std::string text = "abc", schema = R"({"甲":{"乙":null}})";
  EXPECT_EQ(extract(encoder, text, schema), "甲=a[0,1] 乙=c[2,3]; 甲=b[1,2] 乙=c[2,3]");
  EXPECT_EQ(extract(encoder, text, schema, R"({"thresholds":{"甲":0.8}})"), "甲=b[1,2] 乙=c[2,3]");
  EXPECT_EQ(extract(encoder, text, schema, R"({"threshold":0.8})"), "");
  EXPECT_EQ(extract(encoder, text, schema, R"({"threshold":0.8,"thresholds":{"乙":0.7}})"), "甲=b[1,2] 乙=c[2,3]");
  EXPECT_EQ(extract(encoder, text, schema, R"({"thresholds":{"乙":0.8},"output_all_prefix":true})"),
            "甲=a[0,1]; 甲=b[1,2]");
  // Nothing below a removed item is asked.
  EXPECT_EQ(drive_one(*family(), make_task(text, schema, R"({"threshold":0.99})"), encoder).usage.queries, 1u);
}

TEST(SiameseExtraction, SaysWhatACapCut) {
  HashPointers encoder(3, 0.4);
  const std::string schema = R"({"甲":{"乙":null},"丙":null})";
  EXPECT_FALSE(drive_one(*family(), make_task("ab", schema), encoder).truncated);
  const auto with = [&](const ExtractOptions& options, const std::string& words, const std::string& task_options = "{}",
                        size_t length = 40) {
    const Extracted answer =
        drive_one(*family(options), make_task(std::string(length, 'a'), schema, task_options), encoder);
    EXPECT_TRUE(answer.truncated) << words;
    bool said = false;
    for (const std::string& warning : answer.warnings) said = said || warning.find(words) != std::string::npos;
    EXPECT_TRUE(said) << words;
    return answer;
  };
  ExtractOptions few;
  few.max_prefixes = 3;
  with(few, "more than 3 items");
  few = {};
  few.max_results = 5;
  EXPECT_EQ(with(few, "more than 5 results").chains.size(), 5u);
  few = {};
  few.max_queries = 9;
  EXPECT_EQ(with(few, "more than 9 encoder queries", "{}", 1000).usage.queries, 9u);
  few.max_queries = 2;
  EXPECT_EQ(with(few, "first 2 of 3", "{}", 1000).usage.queries, 2u);
  few = {};
  few.max_windows = 2;
  EXPECT_EQ(with(few, "first 2 of 6", "{}", 2000).usage.windows, 2u);
  EXPECT_EQ(with({}, "first 1 of 2", R"({"max_windows":1})", 600).usage.windows, 1u);
  few.max_windows = 0;
  EXPECT_EQ(with(few, "first 0 of 1").usage.queries, 0u);
}

// Cutting results leaves the first of what would have been given.
TEST(SiameseExtraction, CutsTheEndOfTheAnswer) {
  HashPointers encoder(5, 0.4);
  const std::string schema = R"({"甲":{"乙":{"丁":null},"戊":null},"丙":null})";
  for (const std::string options : {"{}", R"({"output_all_prefix":true})"}) {
    const Task task = make_task("一二三四五六七八九十", schema, options);
    const Extracted all = drive_one(*family(), task, encoder);
    ASSERT_GT(all.chains.size(), 10u);
    for (size_t count = 0; count <= all.chains.size(); ++count) {
      ExtractOptions caps;
      caps.max_results = count;
      const Extracted cut = drive_one(*family(caps), task, encoder);
      Extracted expected = all;
      expected.chains.resize(count);
      ASSERT_EQ(spelled(cut), spelled(expected));
      ASSERT_EQ(cut.truncated, count < all.chains.size());
    }
  }
}

TEST(SiameseExtraction, SaysThatPromptsLostTheirEnd) {
  HashPointers encoder(1, 0);
  const Extracted answer =
      drive_one(*family(), make_task("a", R"({"甲":null,")" + std::string(126, 'x') + R"(":null})"), encoder);
  ASSERT_EQ(answer.warnings.size(), 1u);
  EXPECT_NE(answer.warnings[0].find("1 prompt "), std::string::npos) << answer.warnings[0];
  EXPECT_FALSE(answer.truncated);
  EXPECT_EQ(encoder.asked().at(1).hint_ids.size(), 128u);
}

// Windows of several prompts side by side, so that the encoder need not keep the whole of a very long text.
TEST(SiameseExtraction, AsksAWindowForAllPromptsBeforeTheNext) {
  const auto extraction = family()->begin(make_task(std::string(4'000, 'a'), R"({"甲":null,"乙":null})"));
  const std::vector<Query> out = extraction->next();
  const auto ids = [&](size_t i) { return std::get<PointerQuery>(out.at(i)).text_ids; };
  EXPECT_EQ(ids(0), ids(1)) << "with [CLS]: window 0";
  EXPECT_NE(ids(1), ids(2));
  EXPECT_NE(std::get<PointerQuery>(out[0]).hint_ids, std::get<PointerQuery>(out[1]).hint_ids);
}

TEST(SiameseExtraction, AnEmptySchemaAsksNothing) {
  HashPointers encoder;
  EXPECT_EQ(extract(encoder, "abc", "{}"), "");
  Task no_schema = make_task("abc", "{}");
  no_schema.schema = nullptr;
  EXPECT_TRUE(drive_one(*family(), std::move(no_schema), encoder).chains.empty());
  EXPECT_TRUE(encoder.asked().empty());
}

TEST(SiameseExtraction, RefusesResultsThatCannotBe) {
  const auto extraction = family()->begin(make_task("ab", R"({"甲":null})"));
  const PointerScores right{{0, 0, 0, 0}, {0, 0, 0, 0}};
  EXPECT_FALSE(extraction->feed(0, right)) << "not handed out yet";
  ASSERT_EQ(extraction->next().size(), 1u);
  EXPECT_FALSE(extraction->feed(1, right));
  EXPECT_FALSE(extraction->feed(0, LinkHits{}));
  EXPECT_FALSE(extraction->feed(0, PointerScores{{0, 0, 0, 0}, {0, 0, 0}}));
  EXPECT_FALSE(extraction->feed(0, PointerScores{}));
  EXPECT_FALSE(extraction->done());
  EXPECT_TRUE(extraction->feed(0, right));
  EXPECT_TRUE(extraction->done());
  EXPECT_FALSE(extraction->feed(0, right));
}

// Random texts with spaces and literals, random trees, random logits.
class RandomTask {
 public:
  explicit RandomTask(uint64_t seed) : random_(seed) {}

  std::string text() {
    std::string text;
    static const std::vector<std::string> parts = {"甲", "乙",    "丙",     "a",      " ",
                                                   "😀",  "[SEP]", "[TYPE]", "[MASK]", "[CLS]"};
    const uint32_t length = below(12) == 0 ? 380 + below(400) : below(24);
    for (uint32_t i = 0; i < length; ++i) text += parts[below(below(8) == 0 ? 10 : 6)];
    return text;
  }

  std::string schema(int depth = 0) {
    static const std::vector<std::string> names = {"人", "地", "[SEP]", "", " 事 ", "事", ": ", "甲: a, 人"};
    Json json = Json::object();
    for (uint32_t i = 0; i < 1 + below(4); ++i) {
      json[names[below(8)]] =
          depth < 3 && below(3) == 0 ? *parse_json(schema(depth + 1), SchemaLimits{}) : Json(nullptr);
    }
    return dump_json(json);
  }

  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }

 private:
  std::mt19937_64 random_;
};

constexpr const char* kAllPrefixes = R"({"output_all_prefix":true})";

TEST(SiameseExtraction, NeitherOrderNorNeighboursChangeTheAnswer) {
  ExtractOptions caps;
  caps.max_prefixes = 20;
  caps.max_results = 200;
  caps.max_queries = 400;
  const auto siamese = family(caps);
  size_t chains = 0;
  for (uint64_t seed = 0; seed < 24; ++seed) {
    RandomTask random(seed);
    HashPointers encoder(seed, 0.02 + 0.1 * (static_cast<double>(seed % 4)));
    std::vector<Task> tasks;
    for (int i = 0; i < 6; ++i) tasks.push_back(make_task(random.text(), random.schema(), i % 2 ? kAllPrefixes : "{}"));
    std::vector<std::string> alone;
    for (const Task& task : tasks) {
      const Extracted answer = drive_one(*siamese, task, encoder);
      EXPECT_LE(answer.chains.size(), 200u);
      EXPECT_LE(answer.usage.queries, 400u);
      alone.push_back(spelled(answer));
      chains += answer.chains.size();
    }
    std::mt19937_64 order(seed);
    for (const size_t max_batch : {1, 3, 50}) {
      std::vector<std::unique_ptr<Extraction>> together;
      for (const Task& task : tasks) together.push_back(siamese->begin(task));
      const std::vector<Extracted> answers = drive(together, encoder, &order, max_batch);
      for (size_t i = 0; i < tasks.size(); ++i) {
        ASSERT_EQ(spelled(answers[i]), alone[i]) << "seed " << seed << " task " << i;
      }
    }
  }
  EXPECT_GT(chains, 1000u);
}

TEST(SiameseExtraction, NeverInventsASpan) {
  ExtractOptions caps;
  caps.max_prefixes = 20;
  size_t items = 0, inverted = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    RandomTask random(seed);
    const Task task = make_task(random.text(), random.schema(), kAllPrefixes);
    HashPointers encoder(seed, 0.15);
    for (const Chain& chain : drive_one(*family(caps), task, encoder).chains) {
      const SchemaNode* node = task.schema.get();
      for (const Item& item : chain) {
        const auto child = std::find_if(node->children.begin(), node->children.end(),
                                        [&](const SchemaNode& label) { return label.label == item.type; });
        ASSERT_NE(child, node->children.end());
        node = &*child;
        ASSERT_GT(item.confidence, 0.5);
        ASSERT_LE(item.confidence, 1);
        ASSERT_LE(std::max(item.begin, item.end), task.text.size());
        ASSERT_TRUE(item.begin < item.end || item.end == 0) << "only [CLS] and [SEP] invert";
        ASSERT_EQ(item.span, item.end <= item.begin ? "" : task.text.slice(item.begin, item.end));
        ++items;
        inverted += item.end < item.begin;
      }
    }
  }
  EXPECT_GT(items, 1000u);
  EXPECT_GT(inverted, 10u);
}

TEST(SiameseFamily, IsNamedByItsTask) {
  EXPECT_EQ(family()->name(), "siamese-uie");
  EXPECT_EQ(make_siamese_family("siamese-uninlu", kTokenizer, {}).value()->name(), "siamese-uninlu");
  EXPECT_EQ(make_siamese_family("", kTokenizer, {}).value()->name(), "siamese-uie");
  EXPECT_EQ(family()->max_length(), 512u);
}

}  // namespace
}  // namespace uie::test
