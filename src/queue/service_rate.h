// How fast a queue is worked off, learnt from its answers, and so how many jobs may be in front of one that has a
// deadline: what would be too late is refused at once, before it costs compute and its caller time.
//
// Only stretches in which jobs waited count: otherwise answers say how much came, not how much can be done.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "uie/base/deadline.h"
#include "uie/queue/job_queue.h"

namespace uie {

// Whether an answer says something of the rate: what was dropped went by faster than work does.
inline bool cost_work(const JobResult& result) {
  return result || (result.error().code != ErrorCode::deadline && result.error().code != ErrorCode::cancelled);
}

// Not thread safe.
class ServiceRate {
 public:
  using Clock = std::chrono::steady_clock;

  // answered: jobs so far. backlog: whether jobs wait. Called every now and then, best often.
  void observe(uint64_t answered, bool backlog, Clock::time_point now) {
    const std::chrono::duration<double> stretch = now - since_;
    if (begun_ && backlog && answered >= from_) {
      if (stretch < kShortest) return;
      const double seen = static_cast<double>(answered - from_) / stretch.count();
      rate_ = known_at(now) ? kOld * rate_ + (1 - kOld) * seen : seen;
      known_ = true;
      learnt_ = now;
    }
    begun_ = backlog;
    from_ = answered;
    since_ = now;
  }

  // The most jobs, waiting or under way, in front of one that has until `deadline`; SIZE_MAX where nothing is known or
  // there is time without end. Half of what could be done by then, because texts differ and machines are shared.
  size_t room(Deadline deadline, Clock::time_point now) const {
    if (deadline.is_never() || !known_at(now)) return SIZE_MAX;
    const std::chrono::duration<double> left = deadline.when() - now;
    return std::max(kLeast, static_cast<size_t>(std::max(0.0, rate_ * left.count() / 2)));
  }

 private:
  static constexpr std::chrono::milliseconds kShortest{500};
  static constexpr std::chrono::seconds kRemembered{60};
  static constexpr double kOld = 0.7;
  static constexpr size_t kLeast = 4;  // a rate that was learnt in a bad moment must not shut the door

  bool known_at(Clock::time_point now) const { return known_ && now - learnt_ < kRemembered; }

  bool begun_ = false, known_ = false;
  uint64_t from_ = 0;
  Clock::time_point since_, learnt_;
  double rate_ = 0;  // jobs a second
};

}  // namespace uie
