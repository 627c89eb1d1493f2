// Hints, layout and windows: spec/rex.md §4 to §6.
#include "extract/rex_hints.h"

#include <gtest/gtest.h>

#include "extract/drive.h"
#include "extract/fake_tokenizer.h"
#include "extract/rex_layout.h"
#include "extract/rex_windows.h"

namespace uie::test {
namespace {

constexpr int32_t kCls = 1, kSep = 2, kPrefix = 5, kType = 6;

RexLabel labels(const std::string& schema) {
  return prepare_labels(*make_task("", schema).schema, FakeTokenizer(), TaskOptions{});
}

// A schema of one level with labels of the lengths given, in code point order.
RexLabel labels_of_length(const std::vector<size_t>& lengths) {
  Json schema = Json::object();
  char32_t letter = U'a';
  for (const size_t length : lengths) schema[std::string(length, static_cast<char>(letter++))] = nullptr;
  return labels(dump_json(schema));
}

// The hint as it is written: marks, and the fake tokenizer's ids as their characters (ASCII only).
std::string spelled(const Hint& hint) {
  std::string text;
  for (const int32_t id : hint.ids) {
    if (id == kCls || id == kSep) {
      text += '|';
    } else if (id == kPrefix || id == kType) {
      text += id == kPrefix ? '#' : '@';
    } else {
      text += static_cast<char>(id - static_cast<int32_t>(FakeTokenizer::kSpecial.size()));
    }
  }
  return text;
}

std::vector<std::string> packed(const std::vector<Prefix>& prefixes) {
  std::vector<std::string> hints;
  for (const Hint& hint : pack_hints(prefixes, FakeTokenizer(), 1000).hints) hints.push_back(spelled(hint));
  return hints;
}

Prefix prefix_of(const RexLabel& root, size_t child, const std::string& span) {
  const RexLabel& label = root.children[child];
  return {{&root, &label}, {{label.stripped, span, 0, 1, 1}}};
}

TEST(PackHints, WritesPrefixesAndSortedLabels) {
  const RexLabel root = labels(R"({"b":{"y":null,"x":null},"a":{"z":null},"B":null})");
  EXPECT_EQ(packed({{{&root}, {}}}), (std::vector<std::string>{"|#@B@a@b|"}));
  EXPECT_EQ(packed({prefix_of(root, 2, "s t"), prefix_of(root, 1, "u")}),
            (std::vector<std::string>{"|#b:st@x@y#a:u@z|"}));
  const Prefix two{{&root, &root.children[1], &root.children[1].children[0]},
                   {{"a", "p", 0, 1, 1}, {"z", "q", 1, 2, 1}}};
  EXPECT_EQ(prefix_string(two.items), "a: p,z: q");
}

TEST(PackHints, ClosesAHintAtExactly256Tokens) {
  // [CLS] [PREFIX] [SEP] and 3 × (1 + 83) + 1: 256 tokens with a label of no letters left.
  const RexLabel fits = labels_of_length({83, 83, 83});
  EXPECT_EQ(pack_hints({{{&fits}, {}}}, FakeTokenizer(), 1000).hints.size(), 1u);
  const RexLabel full = labels_of_length({84, 83, 83});
  EXPECT_EQ(pack_hints({{{&full}, {}}}, FakeTokenizer(), 1000).hints[0].size(), 256u);
  const RexLabel over = labels_of_length({84, 84, 83, 2});
  const PackedHints two = pack_hints({{{&over}, {}}}, FakeTokenizer(), 1000);
  ASSERT_EQ(two.hints.size(), 2u);
  EXPECT_EQ(two.hints[0].types.size(), 2u);
  EXPECT_EQ(spelled(two.hints[1]).substr(0, 4), "|#@c") << "the prefix is repeated";
}

TEST(PackHints, APrefixOpensANewHintWithItsFirstLabel) {
  const RexLabel root =
      labels(R"({"a":{")" + std::string(120, 'x') + R"(":null},"b":{")" + std::string(120, 'y') + R"(":null}})");
  const std::vector<std::string> hints = packed({prefix_of(root, 0, "s"), prefix_of(root, 1, "stuvwxyz")});
  ASSERT_EQ(hints.size(), 2u);
  EXPECT_EQ(hints[1].substr(0, 12), "|#b:stuvwxyz");
}

TEST(PackHints, SkipsWhatIsTooLong) {
  const RexLabel root = labels_of_length({124, 125, 3});
  EXPECT_EQ(packed({{{&root}, {}}}), (std::vector<std::string>{"|#@" + std::string(124, 'a') + "@ccc|"}));
  EXPECT_EQ(too_long_warnings(root).size(), 1u);
  const RexLabel nested = labels(R"({"a":{"b":null}})");
  const auto with_span = [&](size_t length) {
    return pack_hints({prefix_of(nested, 0, std::string(length, 's'))}, FakeTokenizer(), 1000);
  };
  EXPECT_EQ(with_span(122).hints.size(), 1u);  // "a:" + 122 = 124 tokens
  EXPECT_EQ(with_span(123).hints.size(), 0u);
  EXPECT_EQ(with_span(123).prefixes_too_long, 1u);
  const RexLabel only_long = labels_of_length({125});
  EXPECT_TRUE(packed({{{&only_long}, {}}}).empty());
}

TEST(PackHints, StopsAtTheCap) {
  const RexLabel root = labels_of_length({120, 120, 120, 120, 120});
  const PackedHints cut = pack_hints({{{&root}, {}}}, FakeTokenizer(), 2);
  EXPECT_TRUE(cut.cut);
  EXPECT_EQ(cut.hints.size(), 2u);
  EXPECT_FALSE(pack_hints({{{&root}, {}}}, FakeTokenizer(), 3).cut);
}

TEST(LayOut, TheExampleOfTheSpec) {
  const RexLabel root = labels(R"({"导航":null,"媒":null})");
  const PackedHints hints = pack_hints({{{&root}, {}}}, FakeTokenizer(), 10);
  const LinkQuery query = lay_out(hints.hints.at(0), {FakeTokenizer::id_of(U'好')});
  // Labels are sorted, here 媒 (U+5A92) before 导航 (U+5BFC): the spec's example turned round.
  EXPECT_EQ(query.positions, (std::vector<int32_t>{0, 1, 2, 3, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(query.groups, (std::vector<int32_t>{0, 1, 1, 1, 1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(query.slots, (std::vector<int32_t>{0, 0, 1, 1, 2, 2, 2, 0, 0, 0}));
  EXPECT_EQ(query.segments, (std::vector<int32_t>{0, 0, 0, 0, 0, 0, 0, 0, 1, 1}));
}

TEST(LayOut, LiteralMarksInsideASpanMoveNothing) {
  const RexLabel root = labels(R"({"a":{"x":null,"y":null}})");
  const auto slots = [&](const std::string& span) {
    return lay_out(pack_hints({prefix_of(root, 0, span)}, FakeTokenizer(), 10).hints.at(0), {}).slots;
  };
  EXPECT_EQ(slots("[TYPE]"), slots("z"));
  EXPECT_EQ(slots("[SEP]"), slots("z"));
  EXPECT_EQ(slots("[PREFIX]"), slots("z"));
}

TEST(PlanRuns, WindowsAndCaps) {
  const RexLabel root = labels(R"({"a":null})");
  const std::vector<Hint> hints = pack_hints({{{&root}, {}}}, FakeTokenizer(), 10).hints;  // 5 tokens: room 506
  const auto windows = [&](uint32_t tokens, uint32_t stride, RunCaps caps) {
    return plan_runs(hints, tokens, stride, caps);
  };
  EXPECT_EQ(windows(506, 32, {9, 9}).runs.size(), 1u);
  const PlannedRuns two = windows(507, 32, {9, 9});
  ASSERT_EQ(two.runs.size(), 2u);
  EXPECT_EQ(two.runs[1].tokens, (TokenRange{474, 507}));
  EXPECT_EQ(windows(507, 0, {9, 9}).runs[1].tokens, (TokenRange{506, 507}));
  EXPECT_EQ(windows(0, 32, {9, 9}).runs.size(), 1u) << "a text that normalises to nothing is asked";
  const PlannedRuns capped = windows(5000, 0, {3, 9});
  EXPECT_EQ(capped.runs.size(), 3u);
  EXPECT_EQ(capped.wanted_windows, 10u);
  EXPECT_FALSE(capped.cut);
  EXPECT_TRUE(windows(5000, 0, {9, 3}).cut);
}

TEST(MakeQuery, LaterClassificationWindowsBeginWithTheMarkAndLoseTheirLastToken) {
  const RexLabel root = labels(R"({"a":null})");
  const Hint hint = pack_hints({{{&root}, {}}}, FakeTokenizer(), 10).hints.at(0);
  const std::vector<Token> text = {{10, 0, 1}, {11, 1, 2}, {12, 2, 3}, {13, 3, 4}};
  const auto tail = [&](const uie::Run& run, int32_t front) {
    const LinkQuery query = make_query(hint, run, text, front);
    EXPECT_EQ(query.ids.size(), query_length(hint, run));
    return std::vector<int32_t>(query.ids.begin() + hint.size(), query.ids.end());
  };
  EXPECT_EQ(tail({0, 0, {0, 2}}, 7), (std::vector<int32_t>{10, 11, kSep}));
  EXPECT_EQ(tail({0, 1, {2, 4}}, 7), (std::vector<int32_t>{7, 12, kSep}));
  EXPECT_EQ(tail({0, 1, {2, 4}}, -1), (std::vector<int32_t>{12, 13, kSep}));
  EXPECT_EQ(tail({0, 1, {3, 4}}, 7), (std::vector<int32_t>{7, kSep}));
}

}  // namespace
}  // namespace uie::test
