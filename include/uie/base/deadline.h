// A point on the monotonic clock after which nobody wants the answer any more.
#pragma once

#include <chrono>

namespace uie {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  // Never expires.
  Deadline() = default;

  static Deadline never() { return Deadline(); }
  static Deadline at(Clock::time_point when) { return Deadline(when); }
  static Deadline after(std::chrono::milliseconds from_now);  // too far away for the clock to count: never

  bool is_never() const { return when_ == Clock::time_point::max(); }
  bool expired() const { return !is_never() && Clock::now() >= when_; }
  Clock::time_point when() const { return when_; }

  // Time left, never negative; a very long time when the deadline never expires.
  std::chrono::milliseconds left() const;

  friend auto operator<=>(const Deadline&, const Deadline&) = default;

 private:
  explicit Deadline(Clock::time_point when) : when_(when) {}

  Clock::time_point when_ = Clock::time_point::max();
};

}  // namespace uie
