// SiameseUIE's lower layers see a text or a prompt alone: their output depends on ids, segment and first position only,
// and is used again for every prompt and level that asks about the same text. This keeps the outputs used last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace uie::model {

// One side of a pair, before the upper layers.
struct Half {
  std::span<const int32_t> ids;
  int32_t segment = 0;
  int32_t first_position = 0;
};

// Hidden states [tokens, pitch] of a half, on the host.
using HalfStates = std::vector<float>;

// Found by content, never by a name that a caller gave: a wrong answer cannot come out of it, and extractions of the
// same text share. One thread at a time.
class HalfCache {
 public:
  // The oldest entries go when all together exceed this many bytes; an entry larger than all is not kept.
  explicit HalfCache(size_t most_bytes) : most_bytes_(most_bytes) {}

  std::shared_ptr<const HalfStates> find(const Half& half);              // null: not here
  void add(const Half& half, std::shared_ptr<const HalfStates> states);  // one that find() did not find

  size_t bytes() const { return bytes_; }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    size_t hash, bytes;
    std::vector<int32_t> ids;
    int32_t segment, first_position;
    std::shared_ptr<const HalfStates> states;
  };
  using Entries = std::list<Entry>;  // the one used last in front

  void drop_oldest();

  size_t most_bytes_, bytes_ = 0;
  Entries entries_;
  std::unordered_multimap<size_t, Entries::iterator> by_hash_;
};

}  // namespace uie::model
