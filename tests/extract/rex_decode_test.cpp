#include "extract/rex_decode.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace uie::test {
namespace {

using Cells = std::set<std::pair<uint32_t, uint32_t>>;

// A hint of `types` types, `spacing` tokens each.
Hint hint_of(uint32_t types, uint32_t spacing) {
  Hint hint;
  hint.ids = {1, 5};
  for (uint32_t i = 0; i < types; ++i) {
    hint.types.push_back({0, nullptr, hint.size()});
    hint.ids.insert(hint.ids.end(), spacing, 6);
  }
  hint.ids.push_back(2);
  return hint;
}

std::vector<Link> links_of(const Cells& cells) {
  std::vector<Link> links;
  for (const auto& [row, col] : cells) links.push_back({row, col, 1.0f + static_cast<float>(row * 1000 + col), -1.0f});
  return links;
}

using Found = std::tuple<uint32_t, uint32_t, uint32_t>;  // head, tail, type

// The rule of spec/rex.md §9 as it stands.
std::vector<Found> slow(const Hint& hint, const Cells& cells, uint32_t length) {
  std::vector<Found> found;
  for (uint32_t h = hint.size(); h < length; ++h) {
    for (uint32_t t = h; t < length; ++t) {
      for (uint32_t k = 0; k < hint.types.size(); ++k) {
        const uint32_t type = hint.types[k].token;
        if (cells.contains({h, t}) && cells.contains({h, type}) && cells.contains({type, t}))
          found.emplace_back(h, t, k);
      }
    }
  }
  return found;
}

TEST(FindHits, AgreesWithTheRuleOnRandomLinks) {
  std::mt19937_64 random(5);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  size_t hits_seen = 0;
  for (int round = 0; round < 120; ++round) {
    const Hint hint = hint_of(1 + below(140), 1 + below(2));
    const uint32_t length = hint.size() + 1 + below(40);
    const uint32_t percent = 1 + below(60);
    Cells cells;
    for (uint32_t row = 0; row < length; ++row) {
      for (uint32_t col = 0; col < length; ++col) {
        if (below(100) < percent) cells.insert({row, col});
      }
    }
    const std::vector<Link> links = links_of(cells);
    const auto index = LinkIndex::over(links, length);
    ASSERT_TRUE(index);
    const Hits hits = find_hits(*index, hint, SIZE_MAX);
    std::vector<Found> found;
    for (const Hit& hit : hits.hits) {
      found.emplace_back(hit.head, hit.tail, hit.type);
      const uint32_t type = hint.types[hit.type].token;
      const auto is_cell = [](const Link* link, uint32_t row, uint32_t col) {
        return link->row == row && link->col == col;
      };
      ASSERT_TRUE(is_cell(hit.span, hit.head, hit.tail) && is_cell(hit.head_type, hit.head, type) &&
                  is_cell(hit.type_tail, type, hit.tail));
    }
    ASSERT_EQ(found, slow(hint, cells, length));
    hits_seen += found.size();
    if (found.size() > 1) {
      const Hits cut = find_hits(*index, hint, found.size() - 1);
      EXPECT_TRUE(cut.cut);
      EXPECT_EQ(cut.hits.size(), found.size() - 1);
      EXPECT_FALSE(find_hits(*index, hint, found.size()).cut);
    }
  }
  EXPECT_GT(hits_seen, 10'000u);
}

TEST(LinkIndex, RefusesLinksThatCannotBe) {
  const auto code = [](const std::vector<Link>& links) {
    const auto index = LinkIndex::over(links, 3);
    return index ? std::string("fine") : std::string(to_string(index.error().code));
  };
  EXPECT_EQ(code({{0, 0, 1, 1}, {0, 2, 1, 1}, {2, 1, 1, 1}}), "fine");
  EXPECT_EQ(code({{3, 0, 1, 1}}), "internal");
  EXPECT_EQ(code({{0, 3, 1, 1}}), "internal");
  EXPECT_EQ(code({{1, 0, 1, 1}, {0, 1, 1, 1}}), "internal");
  EXPECT_EQ(code({{1, 1, 1, 1}, {1, 1, 1, 1}}), "internal");
}

}  // namespace
}  // namespace uie::test
