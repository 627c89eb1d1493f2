#include "text/piece_trie.h"

#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace uie {
namespace {

TEST(PieceTrie, EmptyMatchesNothing) {
  const PieceTrie trie({});
  EXPECT_EQ(trie.longest(PieceTrie::kRoot, "abc").id, -1);
  EXPECT_EQ(trie.find(PieceTrie::kRoot, "a"), PieceTrie::kNone);
  EXPECT_EQ(trie.id(PieceTrie::kNone), -1);
  EXPECT_EQ(trie.longest(PieceTrie::kRoot, "").id, -1);
}

TEST(PieceTrie, LongestBelowANode) {
  const PieceTrie trie({{"a", 1}, {"##b", 2}, {"##bcd", 3}, {"abc", 4}, {"a", 5}});
  const auto inside = trie.find(PieceTrie::kRoot, "##");
  ASSERT_NE(inside, PieceTrie::kNone);
  EXPECT_EQ(trie.longest(PieceTrie::kRoot, "abx").id, 5);
  EXPECT_EQ(trie.longest(PieceTrie::kRoot, "abcd").length, 3u);
  EXPECT_EQ(trie.longest(inside, "bcx").id, 2);
  EXPECT_EQ(trie.longest(inside, "bcd").id, 3);
  EXPECT_EQ(trie.longest(inside, "a").id, -1);
}

// Against a map, over all byte values: crowded alphabets, chains, and pieces that are each other's beginning.
TEST(PieceTrie, RandomPiecesAgainstAMap) {
  std::mt19937 random(31);
  for (const unsigned alphabet : {2u, 20u, 256u}) {
    const auto random_bytes = [&](size_t size) {
      std::string bytes;
      while (bytes.size() < size) bytes += static_cast<char>(256 - 1 - random() % alphabet);
      return bytes;
    };
    std::map<std::string, int32_t> map;
    for (int32_t id = 0; id < 3000; ++id) map[random_bytes(1 + random() % 6)] = id;
    std::vector<PieceTrie::Piece> pieces;
    for (const auto& [bytes, id] : map) pieces.push_back({bytes, id});
    std::shuffle(pieces.begin(), pieces.end(), random);
    const PieceTrie trie(pieces);
    for (const auto& [bytes, id] : map) ASSERT_EQ(trie.id(trie.find(PieceTrie::kRoot, bytes)), id);
    for (int round = 0; round < 20000; ++round) {
      const std::string text = random_bytes(random() % 9);
      PieceTrie::Match expected;
      for (uint32_t size = 1; size <= text.size(); ++size) {
        const auto found = map.find(text.substr(0, size));
        if (found != map.end()) expected = {found->second, size};
      }
      const PieceTrie::Match match = trie.longest(PieceTrie::kRoot, text);
      ASSERT_EQ(match.id, expected.id);
      ASSERT_EQ(match.length, expected.length);
    }
  }
}

}  // namespace
}  // namespace uie
