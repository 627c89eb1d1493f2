// Where queries of all texts wait for a device. Planners put, devices pull.
#pragma once

#include <array>
#include <atomic>
#include <chrono>

#include "engine/shelf.h"
#include "uie/base/mutex.h"

namespace uie::engine {

// Texts of one request are planned within microseconds of each other, by several threads. A device that has the first
// of their queries waits this long for the rest: one batch of all takes less time than two.
inline constexpr std::chrono::microseconds kGathering{300};

// Thread safe.
class Batcher {
 public:
  // planning: texts in the planners' hands, whose queries may arrive at any moment.
  Batcher(Stages& stages, const std::atomic<size_t>& planning, std::chrono::microseconds gathering = kGathering)
      : stages_(stages), planning_(planning), gathering_(gathering) {}

  // After close() the queries are answered `unavailable`.
  void put(Batch queries) UIE_EXCLUDES(mutex_);

  // A batch of one kind within the budget, of queries that somebody still waits for; the others are answered and
  // counted. Waits for work. Empty: closed.
  //
  // While texts are being planned a batch that is not full waits for their queries: `gathering` long, and where the
  // device was busy until now and the batch is small, another `linger`.
  Batch take(const Budget& budget, std::chrono::microseconds linger = {}) UIE_EXCLUDES(mutex_);

  // Answers everything that waits with `error`; their number.
  size_t reject_all(const Error& error) UIE_EXCLUDES(mutex_);

  // Answers what waits with `unavailable` and wakes the devices.
  void close() UIE_EXCLUDES(mutex_);

  bool closed() const UIE_EXCLUDES(mutex_);
  size_t size() const UIE_EXCLUDES(mutex_);

 private:
  Batch gather(const Budget& budget, std::chrono::microseconds linger) UIE_EXCLUDES(mutex_);
  bool top_up(Batch& batch, const Budget& budget) UIE_EXCLUDES(mutex_);
  bool drop_abandoned(Batch& batch);

  void await_company(MutexLock& lock, size_t enough_tokens, std::chrono::microseconds patience) UIE_REQUIRES(mutex_);
  Batch clear() UIE_REQUIRES(mutex_);
  Shelf* most_urgent() UIE_REQUIRES(mutex_);
  size_t waiting_tokens() const UIE_REQUIRES(mutex_);

  Stages& stages_;
  const std::atomic<size_t>& planning_;
  const std::chrono::microseconds gathering_;

  mutable Mutex mutex_;
  Condition arrived_;
  std::array<Shelf, std::variant_size_v<Query>> shelves_ UIE_GUARDED_BY(mutex_);  // by kind
  bool closed_ UIE_GUARDED_BY(mutex_) = false;
};

}  // namespace uie::engine
