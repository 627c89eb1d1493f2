// The embedded queue: jobs wait in a map, callers wait on conditions of their own.
//
// Ids grow, so a map ordered by id is the first-in-first-out queue, and a cancelled job leaves it at once wherever it
// stands: what nobody wants takes no room. One lock (the reply table's) guards everything; a caller's answer is put
// into its Reply under that lock, so a Reply that is being destroyed is never written to.
#include <map>
#include <unordered_map>
#include <utility>

#include "queue/counters.h"
#include "queue/service_rate.h"
#include "uie/base/mutex.h"
#include "uie/queue/job_queue.h"

namespace uie {
namespace {

using Clock = std::chrono::steady_clock;

class InProcessQueue final : public JobQueue {
 public:
  InProcessQueue(const QueueOptions& options, Metrics& metrics) : options_(options), counters_(metrics) {}

  Result<std::unique_ptr<Reply>> submit(Job job) override;
  std::optional<Job> take(Deadline deadline) override;
  void finish(JobId id, JobResult result) override;
  bool abandoned(JobId id) const override;
  void close() override;
  bool closed() const override;
  QueueStats stats() const override;

 private:
  // The caller's end. Every member is guarded by the queue's mutex.
  class Caller final : public Reply {
   public:
    explicit Caller(InProcessQueue& queue) : queue_(queue) {}
    ~Caller() override { queue_.leave(*this); }
    std::optional<JobResult> wait(Deadline deadline) override { return queue_.wait(*this, deadline); }
    void cancel() override { queue_.cancel(*this); }

   private:
    friend class InProcessQueue;
    InProcessQueue& queue_;
    JobId id_ = 0;  // 0: not accepted
    Condition answered_;
    std::optional<JobResult> answer_;
    bool was_answered_ = false;
  };

  struct Taken {
    Caller* caller;  // null: gone or cancelled
    Deadline deadline;
  };
  struct Waiting {
    Job job;
    Caller* caller;
  };
  using WaitingJobs = std::map<JobId, Waiting>;

  std::optional<JobResult> wait(Caller& caller, Deadline deadline) UIE_EXCLUDES(mutex_);
  void cancel(Caller& caller) UIE_EXCLUDES(mutex_);
  void leave(Caller& caller) UIE_EXCLUDES(mutex_);

  Counter* refusal(const Job& job, Error& error) const UIE_REQUIRES(mutex_);
  void observe() UIE_REQUIRES(mutex_) { rate_.observe(finished_, !waiting_.empty(), Clock::now()); }
  bool abandon(const Caller& caller) UIE_REQUIRES(mutex_);
  Job remove(WaitingJobs::iterator place) UIE_REQUIRES(mutex_);
  static void answer(Caller* caller, JobResult result);

  const QueueOptions options_;
  QueueCounters counters_;

  mutable Mutex mutex_;
  Condition has_work_;
  WaitingJobs waiting_ UIE_GUARDED_BY(mutex_);
  std::unordered_map<JobId, Taken> taken_ UIE_GUARDED_BY(mutex_);
  size_t waiting_chars_ UIE_GUARDED_BY(mutex_) = 0;
  JobId last_id_ UIE_GUARDED_BY(mutex_) = 0;
  uint64_t finished_ UIE_GUARDED_BY(mutex_) = 0;
  ServiceRate rate_ UIE_GUARDED_BY(mutex_);
  bool closed_ UIE_GUARDED_BY(mutex_) = false;
};

Result<std::unique_ptr<Reply>> InProcessQueue::submit(Job job) {
  auto caller = std::make_unique<Caller>(*this);  // made and destroyed without the lock: its destructor takes it
  Error error;
  Counter* refused = nullptr;
  {
    MutexLock lock(mutex_);
    refused = refusal(job, error);
    if (!refused) {
      job.id = last_id_ + 1;
      job.accepted = Clock::now();
      const size_t chars = job.task.characters();
      waiting_.emplace_hint(waiting_.end(), job.id, Waiting{std::move(job), caller.get()});
      waiting_chars_ += chars;
      caller->id_ = ++last_id_;
      observe();
    }
  }
  if (refused) {
    refused->add();
    return Unexpected(std::move(error));
  }
  has_work_.notify_one();
  counters_.accepted.add();
  return caller;
}

// Why the job cannot come in: the counter of the reason, and `error` filled; null when it can.
Counter* InProcessQueue::refusal(const Job& job, Error& error) const {
  const size_t chars = job.task.characters();
  if (closed_) {
    error = {ErrorCode::unavailable, "the server is stopping and takes no new jobs; try another one", ""};
    return &counters_.refused_closed;
  }
  if (job.task.deadline.expired()) {
    error = {ErrorCode::deadline, "the deadline passed before the job was queued", ""};
    return &counters_.refused_expired;
  }
  if (chars > options_.max_chars) {
    error = {ErrorCode::too_large,
             "the text has " + std::to_string(chars) + " code points, the whole queue holds " +
                 std::to_string(options_.max_chars),
             ""};
    return &counters_.refused_chars;
  }
  if (waiting_.size() >= options_.max_jobs) {
    error = {ErrorCode::overloaded,
             "the queue is full: " + std::to_string(waiting_.size()) + " of " + std::to_string(options_.max_jobs) +
                 " jobs wait; try again later",
             ""};
    return &counters_.refused_jobs;
  }
  const size_t in_front = waiting_.size() + taken_.size(), room = rate_.room(job.task.deadline, Clock::now());
  if (in_front >= room) {
    error = {ErrorCode::overloaded, too_late(in_front), ""};
    return &counters_.refused_late;
  }
  if (chars > options_.max_chars - waiting_chars_) {
    error = {ErrorCode::overloaded,
             "the queue is full: " + std::to_string(waiting_chars_) + " of " + std::to_string(options_.max_chars) +
                 " code points wait and this text has " + std::to_string(chars) + "; try again later",
             ""};
    return &counters_.refused_chars;
  }
  return nullptr;
}

std::optional<Job> InProcessQueue::take(Deadline deadline) {
  MutexLock lock(mutex_);
  for (;;) {
    while (waiting_.empty()) {
      if (closed_) return std::nullopt;
      if (!has_work_.wait(lock, deadline) && waiting_.empty()) return std::nullopt;
    }
    const auto oldest = waiting_.begin();
    Caller* const caller = oldest->second.caller;
    if (!oldest->second.job.task.deadline.expired()) {
      taken_.emplace(oldest->first, Taken{caller, oldest->second.job.task.deadline});
      return remove(oldest);
    }
    remove(oldest);
    answer(caller, fail(ErrorCode::deadline, "the deadline passed while the job waited for its turn"));
    lock.unlock();
    counters_.dropped_expired.add();
    lock.lock();
  }
}

void InProcessQueue::finish(JobId id, JobResult result) {
  MutexLock lock(mutex_);
  const auto found = taken_.find(id);
  if (found == taken_.end()) return;
  Caller* const caller = found->second.caller;
  taken_.erase(found);
  finished_ += cost_work(result);
  observe();
  answer(caller, std::move(result));
}

bool InProcessQueue::abandoned(JobId id) const {
  MutexLock lock(mutex_);
  const auto found = taken_.find(id);
  return found == taken_.end() || !found->second.caller || found->second.deadline.expired();
}

void InProcessQueue::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  has_work_.notify_all();
}

bool InProcessQueue::closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

QueueStats InProcessQueue::stats() const {
  MutexLock lock(mutex_);
  QueueStats stats;
  stats.depth = waiting_.size();
  stats.in_flight = taken_.size();
  stats.capacity = options_.max_jobs;
  stats.queued_chars = waiting_chars_;
  if (!waiting_.empty()) {
    stats.oldest_age_s = std::chrono::duration<double>(Clock::now() - waiting_.begin()->second.job.accepted).count();
  }
  return stats;
}

std::optional<JobResult> InProcessQueue::wait(Caller& caller, Deadline deadline) {
  MutexLock lock(mutex_);
  while (!caller.was_answered_) {
    if (!caller.answered_.wait(lock, deadline) && !caller.was_answered_) return std::nullopt;
  }
  return std::exchange(caller.answer_, std::nullopt);
}

void InProcessQueue::cancel(Caller& caller) {
  bool dropped = false;
  {
    MutexLock lock(mutex_);
    dropped = abandon(caller);
    answer(&caller, fail(ErrorCode::cancelled, "the caller cancelled the job"));
  }
  if (dropped) counters_.dropped_cancelled.add();
}

void InProcessQueue::leave(Caller& caller) {
  bool dropped = false;
  {
    MutexLock lock(mutex_);
    dropped = abandon(caller);
  }
  if (dropped) counters_.dropped_cancelled.add();
}

// Makes the queue forget the caller. True when its job still waited: it is gone then.
bool InProcessQueue::abandon(const Caller& caller) {
  const auto waiting = waiting_.find(caller.id_);
  if (waiting != waiting_.end()) {
    remove(waiting);
    return true;
  }
  const auto taken = taken_.find(caller.id_);
  if (taken != taken_.end()) taken->second.caller = nullptr;
  return false;
}

Job InProcessQueue::remove(WaitingJobs::iterator place) {
  Job job = std::move(place->second.job);
  waiting_chars_ -= job.task.characters();
  waiting_.erase(place);
  return job;
}

// The first answer counts. Notifies under the lock: a woken caller may destroy its Reply, and the condition with it.
void InProcessQueue::answer(Caller* caller, JobResult result) {
  if (!caller || caller->was_answered_) return;
  caller->was_answered_ = true;
  caller->answer_ = std::move(result);
  caller->answered_.notify_all();
}

}  // namespace

std::unique_ptr<JobQueue> make_in_process_queue(const QueueOptions& options, Metrics& metrics) {
  return std::make_unique<InProcessQueue>(options, metrics);
}

}  // namespace uie
