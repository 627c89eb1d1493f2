// Merging, thresholds and pairing, by hand-made logits.
#include "extract/siamese_spans.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace uie::test {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// [CLS], `chars` tokens of one code point each, [SEP]; in windows of `room` that share `shared`.
SiameseText text_of(uint32_t chars, uint32_t room = 384, uint32_t shared = 1) {
  SiameseText text;
  text.tokens.push_back({1, 0, 0});
  for (uint32_t i = 0; i < chars; ++i) text.tokens.push_back({100, i, i + 1});
  text.tokens.push_back({2, 0, 0});
  text.windows = token_windows(chars + 2, room, shared);
  return text;
}

std::string offsets(const std::vector<SiameseSpan>& spans) {
  std::string all;
  for (const SiameseSpan& span : spans) all += "[" + std::to_string(span.begin) + "," + std::to_string(span.end) + "]";
  return all;
}

std::string offsets(std::vector<float> head, std::vector<float> tail) {
  const auto chars = static_cast<uint32_t>(head.size()) - 2;
  return offsets(find_spans(text_of(chars), {{std::move(head), std::move(tail)}}));
}

TEST(SiameseSpans, EachHeadTakesItsNearestTail) {
  EXPECT_EQ(offsets({-1, 1, 1, -1, 1, 1, -1}, {-1, -1, -1, 1, 1, -1, -1}), "[0,3][1,3][3,4]");
  EXPECT_EQ(offsets({-1, 1, 1, -1}, {-1, 1, 1, -1}), "[0,1][1,2]") << "a token may be both";
}

// The frame counts: its offsets are [0, 0].
TEST(SiameseSpans, HeadsAndTailsOnTheFrame) {
  EXPECT_EQ(offsets({1, -1, -1, -1}, {-1, -1, 1, -1}), "[0,2]");
  EXPECT_EQ(offsets({-1, -1, 1, -1}, {-1, -1, -1, 1}), "[1,0]");
  EXPECT_EQ(offsets({1, 1, -1, 1}, {1, -1, -1, 1}), "[0,0][0,0][0,0]");
}

TEST(SiameseSpans, TheThresholdIsOnTheLogitAndStrict) {
  const float above = std::nextafter(0.5f, 1.0f);
  EXPECT_EQ(offsets({0, 0.5f, above, above, 0}, {0, 0.5f, 0.5f, above, 0}), "[1,3][2,3]");
  EXPECT_EQ(offsets({kNan, kNan, kInf, kInf}, {kNan, kInf, kNan, -kInf}), "");
}

// The reference takes -1 in an overlap for "not set yet"; ours does not.
TEST(SiameseSpans, OverlapsAreAveraged) {
  const SiameseText text = text_of(4, 4, 2);  // [0, 4) and [2, 6)
  ASSERT_EQ(text.windows.size(), 2u);
  const std::vector<PointerScores> scores = {{{-9, -9, -1, 0.75f}, {-9, -9, -9, 3}},
                                             {{2.5f, 0.25f, -9, -9}, {-9, -1.5f, -9, -9}}};
  const std::vector<SiameseSpan> spans = find_spans(text, scores);
  EXPECT_EQ(offsets(spans), "[1,3]") << "(-1 + 2.5) / 2 passes, (0.75 + 0.25) / 2 does not";
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  EXPECT_NEAR(spans.at(0).confidence, (sigmoid(0.75 - 0.5) + sigmoid(0.75 - 0.5)) / 2, 1e-12);
}

// Pieces of one character, as of a Hangul syllable, have equal offsets: each gives its entity.
TEST(SiameseSpans, SortsByPlaceAndKeepsDuplicates) {
  SiameseText text = text_of(4);
  text.tokens[2] = text.tokens[3];
  text.tokens[4] = {100, 0, 1};
  const PointerScores scores{{-1, -1, 1, 2, 1, -1}, {-1, -1, 1, 1, 1, -1}};
  const std::vector<SiameseSpan> spans = find_spans(text, {scores});
  EXPECT_EQ(offsets(spans), "[0,1][2,3][2,3]");
  EXPECT_LT(spans[1].confidence, spans[2].confidence) << "stable";
}

}  // namespace
}  // namespace uie::test
