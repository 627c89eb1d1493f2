// How many queries of one extraction are out at a time.
#pragma once

#include <algorithm>
#include <cstddef>

namespace uie {

// Enough to fill any device, few enough that a very long text does not put gigabytes of queries into the batcher.
inline constexpr size_t kMaxInFlight = 512;

// How many of `waiting` queries to hand out while `in_flight` are out; none until half of them are back.
inline size_t next_portion(size_t waiting, size_t in_flight) {
  return in_flight > kMaxInFlight / 2 ? 0 : std::min(waiting, kMaxInFlight - in_flight);
}

}  // namespace uie
