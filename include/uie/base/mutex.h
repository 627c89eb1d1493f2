// std::mutex and its friends with the annotations that let clang check who holds what.
//
//   Mutex mutex_;
//   std::deque<Job> jobs_ UIE_GUARDED_BY(mutex_);
//   …
//   MutexLock lock(mutex_);
//   while (jobs_.empty()) not_empty_.wait(lock);
//
// Locks live in few places: base/Channel and base/Latest, the engine's Batcher, the queues and a metrics
// registry. None is held across a call into another room.
#pragma once

#include <condition_variable>
#include <mutex>

#include "uie/base/deadline.h"
#include "uie/base/thread_annotations.h"

namespace uie {

class UIE_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds the mutex while it lives, less the time between unlock() and lock().
class UIE_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) UIE_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() UIE_RELEASE() {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void lock() UIE_ACQUIRE() { lock_.lock(); }
  void unlock() UIE_RELEASE() { lock_.unlock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// A condition variable on the monotonic clock: a step of the wall clock neither wakes nor delays a waiter. Waits may
// end for no reason, so they stand in a loop (a loop and not a predicate: clang does not see locks inside lambdas).
class Condition {
 public:
  void wait(MutexLock& lock) { condition_.wait(lock.lock_); }

  // False when the deadline has passed.
  bool wait(MutexLock& lock, Deadline deadline) {
    if (!deadline.is_never()) return condition_.wait_until(lock.lock_, deadline.when()) == std::cv_status::no_timeout;
    condition_.wait(lock.lock_);
    return true;
  }

  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace uie
