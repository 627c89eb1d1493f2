// Carries jobs from the front end to the engine and answers back. At least once; a job is answered once.
//
// Every backend passes tests/queue/contract.h. All calls are thread safe. A Reply must not outlive its queue.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "uie/base/deadline.h"
#include "uie/base/metrics.h"
#include "uie/base/option.h"
#include "uie/base/result.h"
#include "uie/schema/extracted.h"
#include "uie/schema/task.h"

namespace uie {

using JobId = uint64_t;

struct Job {
  JobId id = 0;  // given by the queue
  Task task;
  std::string request_id;
  std::chrono::steady_clock::time_point accepted;  // set by the queue
};

using JobResult = Result<Extracted>;

struct QueueStats {
  size_t depth = 0;         // waiting to be taken
  size_t in_flight = 0;     // taken, not finished
  size_t capacity = 0;      // most that may wait
  size_t queued_chars = 0;  // code points of the waiting texts
  double oldest_age_s = 0;  // of the waiting jobs
};

// The caller's end of one submitted job. Destroying it cancels the job if it is not answered yet.
class Reply {
 public:
  virtual ~Reply() = default;

  // Waits for the answer. Nothing when `deadline` passed first; the job goes on until cancelled. Gives the answer once.
  virtual std::optional<JobResult> wait(Deadline deadline) = 0;

  // Nobody wants the answer any more: it becomes `cancelled`, unless it is already there.
  virtual void cancel() = 0;
};

class JobQueue {
 public:
  virtual ~JobQueue() = default;

  // Errors: overloaded (full, or more before it than can be done by its deadline: try again), too_large (the text would
  // not fit into an empty queue), unavailable (closed), deadline (already expired).
  virtual Result<std::unique_ptr<Reply>> submit(Job job) = 0;

  // The next job, waiting until the deadline; jobs that are cancelled or expired are answered and skipped here.
  // A job that is there is given whatever the deadline. Nothing: the deadline passed, or the queue is closed and empty.
  virtual std::optional<Job> take(Deadline deadline) = 0;

  // Answers a taken job. The first answer counts, later ones are dropped.
  virtual void finish(JobId id, JobResult result) = 0;

  // True when nobody waits for a taken job any more (cancelled or expired).
  virtual bool abandoned(JobId id) const = 0;

  // No more submissions; what waits can still be taken, unless others take from the same queue: then it is theirs.
  // take() gives nothing once it is empty.
  virtual void close() = 0;
  virtual bool closed() const = 0;

  virtual QueueStats stats() const = 0;
};

struct QueueOptions {
  size_t max_jobs = 4'096;       // jobs waiting; more are refused with 429
  size_t max_chars = 64u << 20;  // code points waiting; more are refused with 429

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(max_jobs, OptionInfo{"queue-max-jobs", "jobs", "jobs that may wait; more are refused with 429"});
    visitor(max_chars, OptionInfo{"queue-max-chars", "code points", "text that may wait; more is refused with 429"});
  }
};

std::unique_ptr<JobQueue> make_in_process_queue(const QueueOptions& options, Metrics& metrics = no_metrics());

}  // namespace uie
