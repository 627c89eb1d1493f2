#include "uie/text/text.h"

#include <random>

#include <gtest/gtest.h>

#include "random_text.h"

namespace uie {
namespace {

TEST(Text, OffsetsAreCodePoints) {
  const Text text = Text::from_utf8("a中𠮷\xC3\xA9").value();
  ASSERT_EQ(text.size(), 4u);
  EXPECT_EQ(text.slice(1, 3), "中𠮷");
  EXPECT_EQ(text.slice(4, 4), "");
  EXPECT_EQ(text.at(0), U'a');
  EXPECT_EQ(text.at(1), U'中');
  EXPECT_EQ(text.at(2), U'𠮷');
  EXPECT_EQ(text.at(3), U'é');
  EXPECT_EQ(text.byte_offset(4), 10u);
  EXPECT_EQ(text.utf16_offsets(), (std::vector<uint32_t>{0, 1, 2, 4, 5}));
}

TEST(Text, EmptyAndNul) {
  EXPECT_TRUE(Text().empty());
  EXPECT_TRUE(Text::from_utf8("").value().empty());
  EXPECT_EQ(Text().utf16_offsets(), std::vector<uint32_t>{0});
  const Text text = Text::from_utf8(std::string("a\0b", 3)).value();
  EXPECT_EQ(text.size(), 3u);
  EXPECT_EQ(text.at(1), U'\0');
}

// Unicode 15, table 3-7: the borders of well-formed UTF-8, each behind some text so that every path of the scan is met.
TEST(Text, RefusesIllFormedSequences) {
  for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x80\x80", "\xE0\x9F\xBF",
                          "\xE4\xB8", "\xE4\xB8\x41", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80",
                          "\xF0\x8F\xBF\xBF", "\xF0\xA0\xAE", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xFE"}) {
    for (const std::string before : {"", "中", "ascii only", "1234567"}) {
      for (const std::string after : {"", "中文", "ascii again"}) {
        const auto text = Text::from_utf8(before + bad + after);
        ASSERT_FALSE(text) << before << bad << after;
        EXPECT_EQ(text.error().code, ErrorCode::invalid_request);
        EXPECT_EQ(text.error().where, "byte " + std::to_string(before.size()));
        size_t bad_byte = 0;
        EXPECT_FALSE(is_valid_utf8(before + bad + after, &bad_byte));
        EXPECT_EQ(bad_byte, before.size());
      }
    }
  }
}

TEST(Text, AcceptsTheBordersOfWellFormedOnes) {
  for (const char32_t c : {0x0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF}) {
    const auto text = Text::from_utf8("x" + to_utf8({c}) + "y");
    ASSERT_TRUE(text) << static_cast<uint32_t>(c);
    EXPECT_EQ(text->at(1), c);
    EXPECT_EQ(text->at(2), U'y');
  }
}

// Against the plainest writing of the same thing.
TEST(Text, RandomTextsComeBack) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    const std::u32string points = random_points(random, round % 97);
    const Text text = Text::from_utf8(to_utf8(points)).value();
    ASSERT_EQ(text.size(), points.size());
    uint32_t units = 0;
    const std::vector<uint32_t> utf16 = text.utf16_offsets();
    for (uint32_t i = 0; i < text.size(); ++i) {
      ASSERT_EQ(text.at(i), points[i]);
      ASSERT_EQ(text.slice(i, i + 1), to_utf8(points.substr(i, 1)));
      ASSERT_EQ(utf16[i], units);
      units += points[i] < 0x10000 ? 1 : 2;
    }
    ASSERT_EQ(utf16.back(), units);
    ASSERT_EQ(text.slice(0, text.size()), text.bytes());
  }
}

// Random bytes: accepted exactly when a decoder written from the definition accepts them.
bool well_formed(const std::string& bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if ((lead >= 0x80 && lead < 0xC0) || lead >= 0xF8 || i + length > bytes.size()) return false;
    uint32_t value = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) {
      const auto tail = static_cast<unsigned char>(bytes[i + k]);
      if (tail < 0x80 || tail > 0xBF) return false;
      value = value << 6 | (tail & 0x3F);
    }
    const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return false;
    i += length;
  }
  return true;
}

TEST(Text, RandomBytes) {
  std::mt19937 random(12);
  size_t accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = to_utf8(random_points(random, 1 + round % 5));
    for (int flips = round % 3; flips > 0; --flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (round % 7 == 0) bytes.resize(random() % (bytes.size() + 1));
    ASSERT_EQ(is_valid_utf8(bytes), well_formed(bytes));
    ASSERT_EQ(Text::from_utf8(bytes).has_value(), well_formed(bytes));
    accepted += well_formed(bytes);
  }
  EXPECT_GT(accepted, 5000u);
  EXPECT_LT(accepted, 15000u);
}

}  // namespace
}  // namespace uie
