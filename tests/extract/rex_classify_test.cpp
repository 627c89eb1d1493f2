// Classification on encoders without weights: spec/rex.md §10.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "extract/drive.h"
#include "extract/fake_encoder.h"
#include "extract/fake_tokenizer.h"
#include "extract/rex_extraction.h"
#include "extract/rex_family.h"

namespace uie::test {
namespace {

const std::shared_ptr<const Tokenizer> kTokenizer = std::make_shared<FakeTokenizer>();

float logit(double probability) { return static_cast<float>(std::log(probability / (1 - probability))); }

// Gives each label a probability, by the characters of the label and of its prefix, for the front of a window. All
// cells of the triple have it, so the confidence of a hit is that probability; above 0.5 it is a hit.
class LabelEncoder final : public FakeEncoder {
 public:
  using Rule = std::function<double(const std::string& label, const std::string& prefix, const LinkQuery& query)>;
  explicit LabelEncoder(Rule rule) : rule_(std::move(rule)) {}

 protected:
  void prepare(const LinkQuery& query) override {
    scores_.clear();
    const auto first =
        static_cast<uint32_t>(std::find(query.segments.begin(), query.segments.end(), 1) - query.segments.begin());
    std::string prefix;
    scores_[{first, first}] = -9;
    for (uint32_t i = 1; i + 1 < first; ++i) {
      if (query.ids[i] == kTokenizer->special().prefix) prefix = spelled(query, i);
      if (query.ids[i] != kTokenizer->special().type) continue;
      const float score = logit(rule_(spelled(query, i), prefix, query));
      scores_[{first, i}] = scores_[{i, first}] = score;
      scores_[{first, first}] = std::max(scores_[{first, first}], score);
    }
  }

  float score(const LinkQuery&, uint32_t row, uint32_t col) const override {
    const auto found = scores_.find({row, col});
    return found == scores_.end() ? -9 : found->second;
  }

 private:
  static std::string spelled(const LinkQuery& query, uint32_t mark) {
    std::string text;
    for (uint32_t i = mark + 1; query.ids[i] >= 9; ++i) text += static_cast<char>(query.ids[i] - 9);
    return text;
  }

  Rule rule_;
  std::map<std::pair<uint32_t, uint32_t>, float> scores_;
};

struct Answer {
  std::string text;  // "A 0.9000; B/C 0.9000 0.8000"
  Usage usage;
  uint32_t reference_runs;
};

Answer classify(const std::string& text, const std::string& schema, const LabelEncoder::Rule& rule,
                const std::string& options = "{}") {
  LabelEncoder encoder(rule);
  std::vector<std::unique_ptr<Extraction>> one;
  one.push_back(make_rex_family(kTokenizer, {}).value()->begin(make_task(text, schema, options)));
  const auto* rex = dynamic_cast<RexExtraction*>(one.front().get());
  const Extracted extracted = drive(one, encoder).front();
  Answer answer{{}, extracted.usage, rex->reference_runs()};
  for (const Chain& chain : extracted.chains) {
    answer.text += answer.text.empty() ? "" : "; ";
    std::string confidences;
    for (const Item& item : chain) {
      answer.text += (item.type == chain.front().type && &item == &chain.front() ? "" : "/") + item.type;
      char digits[16];
      std::snprintf(digits, sizeof digits, " %.4f", item.confidence);
      confidences += digits;
      EXPECT_EQ(item.begin, 0u);
      EXPECT_EQ(item.span.size(), item.end);
    }
    answer.text += confidences;
  }
  return answer;
}

LabelEncoder::Rule by_label(std::map<std::string, double> probabilities) {
  return [probabilities](const std::string& label, const std::string&, const LinkQuery&) {
    return probabilities.at(label);
  };
}

// The common link h→t has the greatest score of all, so confidences are means of it and twice the label's own.
TEST(RexClassify, SingleTakesTheBestVote) {
  const Answer answer =
      classify("[CLASSIFY]text", R"({"A":null,"B":null,"C":null})", by_label({{"A", .6}, {"B", .9}, {"C", .1}}));
  EXPECT_EQ(answer.text, "B 0.9000");
  EXPECT_EQ(answer.usage.queries, 1u);
}

TEST(RexClassify, TheHandshakeNeedsNoSecondQueryOfTheFirstLevel) {
  const Answer answer = classify("[CLASSIFY]text", R"({"A":null,"B":null})", by_label({{"A", .2}, {"B", .4}}));
  EXPECT_EQ(answer.text, "B 0.4000");
  EXPECT_EQ(answer.usage.queries, 1u);
  EXPECT_EQ(answer.reference_runs, 2u);
}

TEST(RexClassify, TheHandshakeAsksDeeperLevelsOnlyWhereTheNormalPassDidNot) {
  // A is a hit and expanded, nothing below it is: the handshake asks below A and B together, a new hint.
  const Answer answer = classify("[CLASSIFY]x", R"({"A":{"a":null},"B":{"b":null}})",
                                 by_label({{"A", .7}, {"B", .3}, {"a", .2}, {"b", .4}}));
  // Below A: a has .2 itself, and .4 of the span link, which that hint shares with b.
  EXPECT_EQ(answer.text, "A/a 0.7000 0.2667");
  EXPECT_EQ(answer.usage.queries, 3u);
  EXPECT_EQ(answer.reference_runs, 4u);
}

TEST(RexClassify, NothingVotesWhenTheMarkIsNotInFront) {
  const Answer answer = classify("x[CLASSIFY]", R"({"A":null})", by_label({{"A", .2}}));
  EXPECT_EQ(answer.text, "");
  EXPECT_EQ(answer.usage.queries, 1u);
}

TEST(RexClassify, MultiGivesAllAboveNineTenthsElseTheBest) {
  const std::string schema = R"({"A":null,"B":null,"C":null})";
  EXPECT_EQ(classify("[MULTICLASSIFY]x", schema, by_label({{"A", .95}, {"B", .8}, {"C", .95}})).text,
            "A 0.9500; C 0.9500");
  EXPECT_EQ(classify("[MULTICLASSIFY]x", schema, by_label({{"A", .6}, {"B", .8}, {"C", .7}})).text, "B 0.8000");
  EXPECT_EQ(classify("[MULTICLASSIFY]x", schema, by_label({{"A", .1}, {"B", .2}, {"C", .3}})).text, "C 0.3000");
}

TEST(RexClassify, BothMarksMeanSingle) {
  EXPECT_EQ(classify("[CLASSIFY][MULTICLASSIFY]", R"({"A":null,"B":null})", by_label({{"A", .95}, {"B", .94}})).text,
            "A 0.9500");
}

TEST(RexClassify, HierarchiesCompeteByTheMeanOfTheirPath) {
  const std::string schema = R"({"A":{"a":null},"B":null})";
  EXPECT_EQ(classify("[CLASSIFY]x", schema, by_label({{"A", .95}, {"a", .9}, {"B", .95}})).text, "B 0.9500");
  EXPECT_EQ(classify("[CLASSIFY]x", schema, by_label({{"A", .95}, {"a", .95}, {"B", .6}})).text, "A/a 0.9500 0.9500");
}

TEST(RexClassify, EveryWindowOfALongTextVotes) {
  const std::string text = "[CLASSIFY]" + std::string(1300, 'x');  // three windows
  const std::string schema = R"({"A":null,"B":null})";
  const auto rule = [](const std::string& label, const std::string&, const LinkQuery& query) {
    if (query.ids.size() == 512) return label == "A" ? .7 : .1;  // the first two windows say A, faintly
    return label == "A" ? .1 : .99;                              // the last says B
  };
  EXPECT_EQ(classify(text, schema, rule).text, "B 0.9900");
  EXPECT_EQ(classify(text, schema, rule).usage.windows, 3u);
  // In the middle of the text nothing counts: only the mark in front of each window does.
  EXPECT_EQ(classify(text, schema, by_label({{"A", .8}, {"B", .7}})).text, "A 0.8000");
}

TEST(RexClassify, ThresholdsActOnTheChosenTuple) {
  const std::string schema = R"({"A":null,"B":null})";
  const auto rule = by_label({{"A", .8}, {"B", .7}});
  EXPECT_EQ(classify("[CLASSIFY]x", schema, rule, R"({"threshold":0.75})").text, "A 0.8000");
  EXPECT_EQ(classify("[CLASSIFY]x", schema, rule, R"({"thresholds":{"A":0.9}})").text, "") << "B was not the answer";
}

}  // namespace
}  // namespace uie::test
