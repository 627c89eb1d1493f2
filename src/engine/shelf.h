// The waiting queries of one kind, by when they are due and by length; packs batches. Pure: no lock, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/flight.h"
#include "uie/engine/engine.h"

namespace uie::engine {

using Batch = std::vector<PendingQuery>;

// What a batch costs so far.
struct Load {
  size_t tokens = 0, area = 0;

  void add(const QueryCost& cost) { tokens += cost.tokens, area += cost.area; }
};

Load load_of(const Batch& batch);

class Shelf {
 public:
  void add(PendingQuery query);

  // The most urgent query first, then those of the nearest lengths as long as the budget has room. A query that alone
  // is over budget runs alone; so does one that has failed before. Appends to `batch` (of this shelf's kind, perhaps
  // empty); true when something was added.
  bool pack(Batch& batch, const Budget& budget);

  bool empty() const { return by_due_.empty(); }
  size_t size() const { return by_due_.size(); }
  size_t tokens() const { return tokens_; }
  Clock::time_point due() const { return by_due_.begin()->first.due; }  // of the most urgent; requires !empty()

 private:
  // Order of arrival breaks ties.
  struct Key {
    Clock::time_point due;
    uint64_t number;

    friend auto operator<=>(const Key&, const Key&) = default;
  };

  PendingQuery remove(const Key& key);
  std::optional<Key> nearest(size_t length, size_t longest) const;

  std::map<Key, PendingQuery> by_due_;
  std::map<size_t, std::set<Key>> by_length_;  // tokens → queries that may share a batch
  size_t tokens_ = 0;
  uint64_t last_number_ = 0;
};

}  // namespace uie::engine
