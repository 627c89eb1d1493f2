// A bounded queue between threads. Values move through it; close() wakes everyone.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "uie/base/deadline.h"
#include "uie/base/mutex.h"

namespace uie {

// Thread safe. After close(), push fails and pop drains what is left, then gives nothing.
// All memory is taken at construction: a push never fails for want of it.
template <class T>
class Channel {
 public:
  // capacity: at least 1.
  explicit Channel(size_t capacity) : ring_(capacity > 0 ? capacity : 1) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Waits for room. False when closed: `value` is then lost with the call.
  bool push(T value) {
    MutexLock lock(mutex_);
    while (!closed_ && size_ == ring_.size()) not_full_.wait(lock);
    if (closed_) return false;
    append(std::move(value));
    lock.unlock();
    not_empty_.notify_one();
    return true;
  }

  // Never waits. False when full or closed; `value` is left untouched then.
  bool try_push(T&& value) {
    {
      MutexLock lock(mutex_);
      if (closed_ || size_ == ring_.size()) return false;
      append(std::move(value));
    }
    not_empty_.notify_one();
    return true;
  }

  // Waits for a value until the deadline; what is already there is given whatever the deadline.
  // Nothing when it passed, or when closed and drained.
  std::optional<T> pop(Deadline deadline = Deadline::never()) {
    MutexLock lock(mutex_);
    while (size_ == 0) {
      if (closed_) return std::nullopt;
      if (!not_empty_.wait(lock, deadline) && size_ == 0) return std::nullopt;
    }
    std::optional<T> value = take_first();
    lock.unlock();
    not_full_.notify_one();
    return value;
  }

  void close() {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  bool closed() const {
    MutexLock lock(mutex_);
    return closed_;
  }

  size_t size() const {
    MutexLock lock(mutex_);
    return size_;
  }

 private:
  void append(T&& value) UIE_REQUIRES(mutex_) {
    ring_[(first_ + size_) % ring_.size()].emplace(std::move(value));
    ++size_;
  }

  std::optional<T> take_first() UIE_REQUIRES(mutex_) {
    std::optional<T> value(std::move(ring_[first_]));
    ring_[first_].reset();
    first_ = (first_ + 1) % ring_.size();
    --size_;
    return value;
  }

  mutable Mutex mutex_;
  Condition not_empty_, not_full_;
  std::vector<std::optional<T>> ring_ UIE_GUARDED_BY(mutex_);
  size_t first_ UIE_GUARDED_BY(mutex_) = 0, size_ UIE_GUARDED_BY(mutex_) = 0;
  bool closed_ UIE_GUARDED_BY(mutex_) = false;
};

}  // namespace uie
