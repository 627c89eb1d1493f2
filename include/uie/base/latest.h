// The newest value of something that one thread makes and others look at: a status, a health.
#pragma once

#include <utility>

#include "uie/base/mutex.h"

namespace uie {

// Thread safe. The lock is held for a copy only.
template <class T>
class Latest {
 public:
  explicit Latest(T value = {}) : value_(std::move(value)) {}

  T get() const {
    MutexLock lock(mutex_);
    return value_;
  }

  void set(T value) {
    MutexLock lock(mutex_);
    std::swap(value_, value);
  }

 private:
  mutable Mutex mutex_;
  T value_ UIE_GUARDED_BY(mutex_);
};

}  // namespace uie
