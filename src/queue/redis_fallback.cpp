#include "uie/queue/redis_fallback.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "queue/counters.h"
#include "uie/base/log.h"
#include "uie/base/mutex.h"

namespace uie {
namespace {

// How long Redis' going away or coming back may go unnoticed by who waits for a job or for an answer.
constexpr std::chrono::milliseconds kLook{100};
// Marks the ids of the queue within the process: both queues count from 1.
constexpr JobId kOwn = JobId{1} << 63;
constexpr const char* kWarning = "answered by this process alone: the job queue cannot be reached";

class RedisFallback final : public JobQueue {
 public:
  RedisFallback(const RedisFront& front, JobQueue& shared, std::unique_ptr<JobQueue> worker, const QueueOptions& limits,
                Metrics& metrics)
      : front_(front),
        shared_(shared),
        worker_(std::move(worker)),
        own_(make_in_process_queue(limits, metrics)),
        active_gauge_(metrics.gauge(metric_names::redis_fallback.name, metric_names::redis_fallback.help)),
        jobs_(queue_counter(metrics, metric_names::redis_fallback_jobs)) {
    active_gauge_.set(0);
  }

  Result<std::unique_ptr<Reply>> submit(Job job) override;
  std::optional<Job> take(Deadline deadline) override;
  void finish(JobId id, JobResult result) override { side(id).finish(id & ~kOwn, std::move(result)); }
  bool abandoned(JobId id) const override { return side(id).abandoned(id & ~kOwn); }
  void close() override {
    own_->close();
    worker_->close();
  }
  bool closed() const override { return worker_->closed(); }
  QueueStats stats() const override;

 private:
  class Caller;

  bool away() UIE_EXCLUDES(mutex_);
  Result<std::unique_ptr<Reply>> submit_own(Job job);
  std::optional<Job> take_own(Deadline deadline);
  JobQueue& side(JobId id) const { return (id & kOwn) != 0 ? *own_ : *worker_; }

  const RedisFront& front_;
  JobQueue& shared_;
  const std::unique_ptr<JobQueue> worker_, own_;
  Gauge& active_gauge_;
  Counter& jobs_;
  Mutex mutex_;
  bool active_ UIE_GUARDED_BY(mutex_) = false;
};

// The caller's end. Keeps the job while Redis has it; who waits moves it when Redis is away.
class RedisFallback::Caller final : public Reply {
 public:
  Caller(RedisFallback& queue, Job job, std::unique_ptr<Reply> shared)
      : queue_(queue), job_(std::move(job)), shared_(std::move(shared)) {}
  Caller(RedisFallback& queue, std::unique_ptr<Reply> own) : queue_(queue), own_(std::move(own)) {}

  std::optional<JobResult> wait(Deadline deadline) override;
  void cancel() override {
    MutexLock lock(mutex_);
    cancelled_ = true;
    (own_ ? *own_ : *shared_).cancel();
  }

 private:
  Reply* own() {
    MutexLock lock(mutex_);
    return own_.get();
  }
  void move();

  RedisFallback& queue_;
  Mutex mutex_;
  Job job_ UIE_GUARDED_BY(mutex_);
  const std::unique_ptr<Reply> shared_;                // null: it was never there
  std::unique_ptr<Reply> own_ UIE_GUARDED_BY(mutex_);  // set once; the one that counts from then on
  bool cancelled_ UIE_GUARDED_BY(mutex_) = false;
};

std::optional<JobResult> RedisFallback::Caller::wait(Deadline deadline) {
  for (;;) {
    Reply* const own = this->own();
    auto result = (own ? *own : *shared_).wait(own ? deadline : std::min(deadline, Deadline::after(kLook)));
    if (result && *result && own) (*result)->warnings.emplace_back(kWarning);
    if (result) return result;
    if (!own && queue_.away()) move();
    if (deadline.expired()) return std::nullopt;
  }
}

// Where there is no room, Redis may still be back in time.
void RedisFallback::Caller::move() {
  MutexLock lock(mutex_);
  if (own_ || cancelled_) return;
  auto moved = queue_.own_->submit(job_);
  if (!moved) return;
  queue_.jobs_.add();
  own_ = *std::move(moved);
  job_ = {};
  shared_->cancel();
}

// The one who notices says so.
bool RedisFallback::away() {
  MutexLock lock(mutex_);
  const bool away = !front_.view().connected;
  if (away == std::exchange(active_, away)) return away;
  active_gauge_.set(away ? 1 : 0);
  if (away) {
    log_warn("Redis is away: this process answers from its own workers until it is back (--redis-fallback)");
  } else {
    log_info("Redis is back: jobs go through it again");
  }
  return away;
}

Result<std::unique_ptr<Reply>> RedisFallback::submit(Job job) {
  if (away()) return submit_own(std::move(job));
  auto reply = shared_.submit(job);
  if (reply) return std::make_unique<Caller>(*this, std::move(job), *std::move(reply));
  if (reply.error().code != ErrorCode::unavailable || shared_.closed() || !away()) return reply;
  return submit_own(std::move(job));
}

Result<std::unique_ptr<Reply>> RedisFallback::submit_own(Job job) {
  auto reply = own_->submit(std::move(job));
  if (!reply) return reply;
  jobs_.add();
  return std::make_unique<Caller>(*this, *std::move(reply));
}

std::optional<Job> RedisFallback::take_own(Deadline deadline) {
  auto job = own_->take(deadline);
  if (job) job->id |= kOwn;
  return job;
}

// Waits on the side that has something to come; what the other one still holds is given first.
std::optional<Job> RedisFallback::take(Deadline deadline) {
  const Deadline now = Deadline::after(std::chrono::milliseconds(0));
  for (;;) {
    const Deadline soon = std::min(deadline, Deadline::after(kLook));
    const bool own = away();
    if (auto job = own ? worker_->take(now) : take_own(now)) return job;
    if (auto job = own ? take_own(soon) : worker_->take(soon)) return job;
    if (closed() || deadline.expired()) return std::nullopt;
  }
}

QueueStats RedisFallback::stats() const {
  const QueueStats own = own_->stats(), worker = worker_->stats();
  QueueStats stats = shared_.stats();
  stats.depth += own.depth;
  stats.queued_chars += own.queued_chars;
  stats.in_flight = worker.in_flight + own.in_flight;
  stats.oldest_age_s = std::max(stats.oldest_age_s, own.oldest_age_s);
  return stats;
}

}  // namespace

std::unique_ptr<JobQueue> make_redis_fallback(const RedisFront& front, JobQueue& shared,
                                              std::unique_ptr<JobQueue> worker, const QueueOptions& limits,
                                              Metrics& metrics) {
  return std::make_unique<RedisFallback>(front, shared, std::move(worker), limits, metrics);
}

bool is_from_fallback(const Extracted& answer) {
  return std::find(answer.warnings.begin(), answer.warnings.end(), kWarning) != answer.warnings.end();
}

}  // namespace uie
