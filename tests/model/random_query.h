// Random link queries of the shape that extraction makes: hint with prefixes and types, then text (spec/rex.md §6).
#pragma once

#include <algorithm>
#include <random>

#include "model/golden_queries.h"

namespace uie::test {

class RandomQueries {
 public:
  RandomQueries(unsigned seed, int32_t vocab_size) : random_(seed), vocab_size_(vocab_size) {}

  // At most `longest` tokens (at least 4). A few probes, some on the diagonal.
  LinkQuery operator()(int longest) {
    LinkQuery query;
    push(query, 1, 0);
    const int hint = pick(1, std::max(1, longest - 3));
    int start = 0, end = 0, prefix_end = 0;
    while (static_cast<int>(query.ids.size()) < hint) {
      const bool prefix = query.ids.size() == 1 || pick(0, 4) == 0;
      start = prefix ? 0 : prefix_end;
      push(query, prefix ? vocab_size_ : vocab_size_ + 1, ++start);
      for (int n = pick(0, 5); n > 0 && static_cast<int>(query.ids.size()) < hint; --n) push(query, word(), ++start);
      if (prefix) prefix_end = start;
      end = std::max(end, start);
    }
    push(query, 2, ++end);
    const int text = pick(0, longest - static_cast<int>(query.ids.size()) - 1);
    for (int n = 0; n < text; ++n) push(query, word(), ++end);
    push(query, 2, ++end);
    derive_visibility(query, vocab_size_);
    const int last = static_cast<int>(query.ids.size()) - 1;
    for (int n = pick(0, 6); n > 0; --n) {
      query.probes.push_back({static_cast<uint32_t>(pick(0, last)), static_cast<uint32_t>(pick(0, last))});
    }
    return query;
  }

  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, std::max(low, high))(random_); }

 private:
  int32_t word() { return pick(3, vocab_size_ - 1); }
  static void push(LinkQuery& query, int32_t id, int position) {
    query.ids.push_back(id);
    query.positions.push_back(position);
  }

  std::mt19937 random_;
  int32_t vocab_size_;
};

}  // namespace uie::test
