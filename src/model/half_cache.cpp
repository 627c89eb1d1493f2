#include "model/half_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace uie::model {
namespace {

constexpr size_t kEntryBytes = 256;  // of the list, the table and the allocator

// FNV-1a over whole numbers, mixed once more at the end: entries are few, and equal hashes are compared in full.
size_t hash_of(const Half& half) {
  constexpr uint64_t kPrime = 0x100000001B3;
  uint64_t hash = 0xCBF29CE484222325;
  const auto take = [&](int32_t number) { hash = (hash ^ static_cast<uint32_t>(number)) * kPrime; };
  take(half.segment);
  take(half.first_position);
  for (const int32_t id : half.ids) take(id);
  return static_cast<size_t>(hash ^ (hash >> 32));
}

}  // namespace

std::shared_ptr<const HalfStates> HalfCache::find(const Half& half) {
  const auto [begin, end] = by_hash_.equal_range(hash_of(half));
  for (auto place = begin; place != end; ++place) {
    const Entry& entry = *place->second;
    if (entry.segment != half.segment || entry.first_position != half.first_position) continue;
    if (!std::equal(entry.ids.begin(), entry.ids.end(), half.ids.begin(), half.ids.end())) continue;
    entries_.splice(entries_.begin(), entries_, place->second);
    return entry.states;
  }
  return nullptr;
}

void HalfCache::add(const Half& half, std::shared_ptr<const HalfStates> states) {
  const size_t bytes = states->size() * sizeof(float) + half.ids.size() * sizeof(int32_t) + kEntryBytes;
  if (bytes > most_bytes_) return;
  const size_t hash = hash_of(half);
  entries_.push_front(
      {hash, bytes, {half.ids.begin(), half.ids.end()}, half.segment, half.first_position, std::move(states)});
  by_hash_.emplace(hash, entries_.begin());
  bytes_ += bytes;
  while (bytes_ > most_bytes_) drop_oldest();
}

void HalfCache::drop_oldest() {
  const auto oldest = std::prev(entries_.end());
  const auto [begin, end] = by_hash_.equal_range(oldest->hash);
  by_hash_.erase(std::find_if(begin, end, [&](const auto& place) { return place.second == oldest; }));
  bytes_ -= oldest->bytes;
  entries_.erase(oldest);
}

}  // namespace uie::model
