// Whole extractions on encoders without weights.
#include "extract/rex_extraction.h"

#include <gtest/gtest.h>

#include "extract/drive.h"
#include "extract/fake_encoder.h"
#include "extract/fake_tokenizer.h"
#include "extract/rex_family.h"
#include "extract/spelled.h"

namespace uie::test {
namespace {

const std::shared_ptr<const Tokenizer> kTokenizer = std::make_shared<FakeTokenizer>();

std::shared_ptr<const Family> family(const ExtractOptions& options = {}) {
  return make_rex_family(kTokenizer, options).value();
}

std::string extract(Encoder& encoder, const std::string& text, const std::string& schema,
                    const std::string& options = "{}") {
  return spelled(drive_one(*family(), make_task(text, schema, options), encoder));
}

TEST(RexExtraction, FindsItemsInTheOrderOfTheText) {
  ScriptedEncoder encoder(kTokenizer);
  encoder.find("人物", "张三").find("地点", "北京").find("地点", "张三");
  EXPECT_EQ(extract(encoder, "北京的张三去北京", R"({"人物":null,"地点":null})"),
            "地点=北京[0,2]; 人物=张三[3,5]; 地点=张三[3,5]; 地点=北京[6,8]");
  EXPECT_EQ(extract(encoder, "无人", R"({"人物":null})"), "");
}

TEST(RexExtraction, ExpandsPrefixesLevelByLevelAndGivesWholePathsOnly) {
  ScriptedEncoder encoder(kTokenizer);
  encoder.find("人物", "张三").find("人物", "李四").find("公司", "甲厂", "人物: 张三").find("年份", "九", "公司: 甲厂");
  const std::string schema = R"({"人物":{"公司":{"年份":null},"年龄":null}})";
  const Extracted answer = drive_one(*family(), make_task("张三李四甲厂九", schema), encoder);
  EXPECT_EQ(spelled(answer), "人物=张三[0,2] 公司=甲厂[4,6] 年份=九[6,7]");
  EXPECT_EQ(answer.usage.queries, 3u);
  EXPECT_EQ(answer.usage.windows, 1u);
  EXPECT_EQ(answer.usage.characters, 7u);
}

TEST(RexExtraction, SpansAreTrimmedInFrontAndCountCodePoints) {
  ScriptedEncoder encoder(kTokenizer);
  encoder.find("甲", "😀b");
  EXPECT_EQ(extract(encoder, "é  😀 b", R"({"甲":null})"), "甲=😀 b[3,6]");
}

TEST(RexExtraction, DuplicatesOfOverlappingWindowsAreMerged) {
  std::string text(600, 'x');
  text.replace(490, 2, "ab");  // in the 32 tokens that both windows read
  ScriptedEncoder encoder(kTokenizer);
  encoder.find("甲", "ab");
  const Extracted answer = drive_one(*family(), make_task(text, R"({"甲":null})"), encoder);
  EXPECT_EQ(spelled(answer), "甲=ab[490,492]");
  EXPECT_EQ(answer.usage.windows, 2u);
  EXPECT_EQ(answer.usage.queries, 2u);
  EXPECT_EQ(answer.usage.tokens, 512u + 5 + 1 + 600 - 474);
}

TEST(RexExtraction, AnEmptyTextOrSchemaAsksNothing) {
  HashEncoder encoder;
  EXPECT_EQ(extract(encoder, "", R"({"甲":null})"), "");
  EXPECT_EQ(extract(encoder, "abc", "{}"), "");
  EXPECT_EQ(encoder.queries(), 0u);
  drive_one(*family(), make_task(" \n ", R"({"甲":null})"), encoder);
  EXPECT_EQ(encoder.queries(), 1u);
  Task no_schema = make_task("abc", "{}");
  no_schema.schema = nullptr;
  EXPECT_TRUE(drive_one(*family(), std::move(no_schema), encoder).chains.empty());
}

TEST(RexExtraction, LabelsWithOuterSpacesAreWrittenStrippedInPrefixes) {
  ScriptedEncoder encoder(kTokenizer);
  encoder.find(" 甲 ", "a").find("甲", "a").find("乙", "b", "甲: a");
  EXPECT_EQ(extract(encoder, "ab", R"({" 甲 ":{"乙":null}})"), "");
  // With a twin both prefixes find the tuple; it is given once.
  EXPECT_EQ(extract(encoder, "ab", R"({" 甲 ":{"乙":null},"甲":{"乙":null}})"), "甲=a[0,1] 乙=b[1,2]");
  EXPECT_EQ(extract(encoder, "ab", R"({" 甲 ":null})"), " 甲 =a[0,1]");
}

TEST(RexExtraction, ConfidenceIsTheMeanOfThreeProbabilities) {
  ScriptedEncoder encoder(kTokenizer);
  encoder.find("甲", "a", {}, 2).find("乙", "b", {}, 1);
  const Extracted answer = drive_one(*family(), make_task("ab", R"({"甲":{"乙":null}})"), encoder);
  EXPECT_NEAR(answer.chains.at(0).at(0).confidence, 1 / (1 + std::exp(-2.0)), 1e-9);
  EXPECT_NEAR(answer.chains.at(0).at(1).confidence, 1 / (1 + std::exp(-1.0)), 1e-9);
}

TEST(RexExtraction, ThresholdsRemoveItemsAndWhatHangsBelow) {
  ScriptedEncoder encoder(kTokenizer);
  encoder.find("甲", "a", {}, 1).find("甲", "b", {}, 3).find("乙", "c", {}, 1);  // 0.731 and 0.953
  const std::string text = "abc", schema = R"({"甲":{"乙":null}})";
  EXPECT_EQ(extract(encoder, text, schema), "甲=a[0,1] 乙=c[2,3]; 甲=b[1,2] 乙=c[2,3]");
  EXPECT_EQ(extract(encoder, text, schema, R"({"thresholds":{"甲":0.8}})"), "甲=b[1,2] 乙=c[2,3]");
  EXPECT_EQ(extract(encoder, text, schema, R"({"threshold":0.8})"), "");
  EXPECT_EQ(extract(encoder, text, schema, R"({"threshold":0.8,"thresholds":{"乙":0.7}})"), "甲=b[1,2] 乙=c[2,3]");
  // Nothing below a removed prefix is asked.
  EXPECT_EQ(drive_one(*family(), make_task(text, schema, R"({"threshold":0.99})"), encoder).usage.queries, 1u);
}

TEST(RexExtraction, SaysWhatACapCut) {
  HashEncoder encoder(3, 0.4);
  const std::string text(40, 'a');
  const std::string schema = R"({"甲":{"乙":null},"丙":null})";
  EXPECT_FALSE(drive_one(*family(), make_task("ab", R"({"甲":null})"), encoder).truncated);
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
  few.max_queries = 2;
  EXPECT_EQ(with(few, "more than 2 encoder queries", "{}", 2000).usage.queries, 2u);
  few = {};
  few.max_windows = 2;
  EXPECT_EQ(with(few, "first 2 of", "{}", 2000).usage.windows, 2u);
  EXPECT_EQ(with({}, "first 1 of", R"({"max_windows":1})", 600).usage.windows, 1u);
}

TEST(RexExtraction, SaysWhichLabelsWereNotAsked) {
  ScriptedEncoder encoder(kTokenizer);
  encoder.find("甲", "a");
  const std::string too_long(125, 'x');
  const Extracted answer = drive_one(*family(), make_task("a", R"({"甲":null,")" + too_long + R"(":null})"), encoder);
  EXPECT_EQ(spelled(answer), "甲=a[0,1]");
  ASSERT_EQ(answer.warnings.size(), 1u);
  EXPECT_NE(answer.warnings[0].find("125 tokens"), std::string::npos);
  EXPECT_FALSE(answer.truncated);
}

TEST(RexExtraction, RefusesResultsThatCannotBe) {
  const auto extraction = family()->begin(make_task("ab", R"({"甲":null})"));
  EXPECT_FALSE(extraction->feed(0, LinkHits{})) << "not handed out yet";
  ASSERT_EQ(extraction->next().size(), 1u);
  EXPECT_FALSE(extraction->feed(1, LinkHits{}));
  EXPECT_FALSE(extraction->feed(0, PointerScores{}));
  EXPECT_FALSE(extraction->feed(0, LinkHits{{{99, 0, 1, 1}}, {}}));
  EXPECT_FALSE(extraction->feed(0, LinkHits{{}, {0.5f}}));
  EXPECT_FALSE(extraction->done());
  EXPECT_TRUE(extraction->feed(0, LinkHits{}));
  EXPECT_TRUE(extraction->done());
  EXPECT_FALSE(extraction->feed(0, LinkHits{}));
}

// Random texts with marks, spaces and literals; random trees; a random matrix. The decoder never invents a span, and
// neither the order of feeding nor the neighbours change the answer.
class RandomTask {
 public:
  explicit RandomTask(uint64_t seed) : random_(seed) {}

  std::string text(bool classify) {
    std::string text = classify ? (below(3) == 0 ? "[MULTICLASSIFY]" : "[CLASSIFY]") : "";
    static const std::vector<std::string> parts = {"甲", "乙",    "丙",     "a",        " ",
                                                   "😀",  "[SEP]", "[TYPE]", "[PREFIX]", "[CLS]"};
    const uint32_t length = below(20) == 0 ? 520 + below(100) : 1 + below(30);
    for (uint32_t i = 0; i < length; ++i) text += parts[below(below(8) == 0 ? 10 : 6)];
    return text;
  }

  std::string schema(int depth = 0) {
    static const std::vector<std::string> names = {"人", "地", "[TYPE]", "", " 事 ", "事", "[SEP]x", "物[PREFIX]"};
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

TEST(RexExtraction, NeitherOrderNorNeighboursChangeTheAnswer) {
  ExtractOptions caps;
  caps.max_prefixes = 20;
  caps.max_results = 200;
  const auto rex = family(caps);
  for (uint64_t seed = 0; seed < 24; ++seed) {
    RandomTask random(seed);
    HashEncoder encoder(seed, 0.02 + 0.1 * (static_cast<double>(seed % 4)));
    std::vector<Task> tasks;
    for (int i = 0; i < 6; ++i) tasks.push_back(make_task(random.text(i % 2 == 1), random.schema()));
    std::vector<std::string> alone;
    for (const Task& task : tasks) alone.push_back(spelled(drive_one(*rex, task, encoder)));
    std::mt19937_64 order(seed);
    for (const size_t max_batch : {1, 3, 50}) {
      std::vector<std::unique_ptr<Extraction>> together;
      for (const Task& task : tasks) together.push_back(rex->begin(task));
      const std::vector<Extracted> answers = drive(together, encoder, &order, max_batch);
      for (size_t i = 0; i < tasks.size(); ++i) {
        ASSERT_EQ(spelled(answers[i]), alone[i]) << "seed " << seed << " task " << i;
      }
    }
  }
}

TEST(RexExtraction, NeverInventsASpan) {
  ExtractOptions caps;
  caps.max_prefixes = 20;
  size_t items = 0;
  for (uint64_t seed = 0; seed < 90; ++seed) {
    RandomTask random(seed);
    const Task task = make_task(random.text(seed % 3 == 2), random.schema());
    HashEncoder encoder(seed, 0.15);
    for (const Chain& chain : drive_one(*family(caps), task, encoder).chains) {
      for (const Item& item : chain) {
        ++items;
        ASSERT_GE(item.confidence, 0);
        ASSERT_LE(item.confidence, 1);
        if (seed % 3 == 2) {
          ASSERT_EQ(item.span, item.end == 10 ? "[CLASSIFY]" : "[MULTICLASSIFY]");
          continue;
        }
        ASSERT_LE(std::max(item.begin, item.end), task.text.size());
        ASSERT_EQ(item.span, item.end <= item.begin ? "" : task.text.slice(item.begin, item.end));
      }
    }
  }
  EXPECT_GT(items, 1000u);
}

// One window, one level: each tuple has its three links, and each triple of links is a tuple.
TEST(RexExtraction, TuplesAreExactlyTheTriplesOfLinks) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    RandomTask random(seed);
    std::string text;
    for (uint32_t i = 0; i < 1 + random.below(40); ++i) text += static_cast<char>('a' + random.below(26));
    HashEncoder encoder(seed, 0.2);
    const auto extraction = family()->begin(make_task(text, R"({"x":null,"yy":null})"));
    const Query query = std::move(extraction->next().at(0));
    const LinkHits hits = encoder.answer(std::get<LinkQuery>(query));
    const auto linked = [&](uint32_t row, uint32_t col) {
      return std::any_of(hits.links.begin(), hits.links.end(),
                         [&](const Link& l) { return l.row == row && l.col == col; });
    };
    const uint32_t first = 8, length = static_cast<uint32_t>(text.size());  // [CLS][PREFIX][TYPE]x[TYPE]yy[SEP]
    size_t expected = 0;
    for (uint32_t h = 0; h < length; ++h) {
      for (uint32_t t = h; t < length; ++t) {
        for (const uint32_t type : {2u, 4u})
          expected += linked(first + h, first + t) && linked(first + h, type) && linked(type, first + t);
      }
    }
    ASSERT_TRUE(extraction->feed(0, hits));
    const Extracted answer = extraction->result();
    size_t inside = 0;
    for (const Chain& chain : answer.chains) {
      const Item& item = chain.at(0);
      if (item.end <= item.begin) continue;  // ends on the final [SEP]
      ++inside;
      const uint32_t type = item.type == "x" ? 2 : 4;
      ASSERT_TRUE(linked(first + item.begin, first + item.end - 1) && linked(first + item.begin, type) &&
                  linked(type, first + item.end - 1));
    }
    EXPECT_EQ(inside, expected);
  }
}

}  // namespace
}  // namespace uie::test
