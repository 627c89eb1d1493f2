// The duty to answer one job. Whoever drops it without an answer answers `internal`: no job can be forgotten by an
// early return, an exception or a closed channel.
#pragma once

#include <utility>
#include <variant>

#include "engine/stages.h"
#include "uie/base/channel.h"
#include "uie/queue/job_queue.h"

namespace uie::engine {

// Leave to work on one text; as many exist as texts may be in flight. A very long text takes several.
using Permit = std::monostate;
using Permits = Channel<Permit>;

// Owns one permit taken from `permits`, or more; gives them back when it dies. One thread at a time; abandoned() from
// any.
class Ticket {
 public:
  Ticket(JobQueue& queue, Permits& permits, Stages& stages) : queue_(queue), permits_(permits), stages_(stages) {}
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  // One more permit has been taken for this job.
  void add_permit() { ++held_; }
  size_t permits() const { return held_; }

  // From here on the job must be answered.
  void accept(JobId id) noexcept;

  // The first answer counts.
  void answer(JobResult result);

  bool abandoned() const { return queue_.abandoned(id_); }

 private:
  JobQueue& queue_;
  Permits& permits_;
  Stages& stages_;
  size_t held_ = 1;
  JobId id_ = 0;
  bool owes_answer_ = false;
};

}  // namespace uie::engine
