// A JobQueue that counts answers: every job taken must be finished once, no more, no less.
#pragma once

#include <map>

#include "uie/base/mutex.h"
#include "uie/queue/job_queue.h"

namespace uie::testing_support {

class AuditQueue final : public JobQueue {
 public:
  explicit AuditQueue(const QueueOptions& options = {}, Metrics& metrics = no_metrics())
      : queue_(make_in_process_queue(options, metrics)) {}

  Result<std::unique_ptr<Reply>> submit(Job job) override { return queue_->submit(std::move(job)); }
  std::optional<Job> take(Deadline deadline) override {
    auto job = queue_->take(deadline);
    MutexLock lock(mutex_);
    if (job) answers_[job->id] += 0;
    return job;
  }
  void finish(JobId id, JobResult result) override {
    {
      MutexLock lock(mutex_);
      ++answers_[id];
    }
    queue_->finish(id, std::move(result));
  }
  bool abandoned(JobId id) const override { return queue_->abandoned(id); }
  void close() override { queue_->close(); }
  bool closed() const override { return queue_->closed(); }
  QueueStats stats() const override { return queue_->stats(); }

  size_t taken() const {
    MutexLock lock(mutex_);
    return answers_.size();
  }
  size_t not_answered_once() const {
    MutexLock lock(mutex_);
    size_t wrong = 0;
    for (const auto& [id, answers] : answers_) wrong += answers != 1;
    return wrong;
  }

 private:
  const std::unique_ptr<JobQueue> queue_;
  mutable Mutex mutex_;
  std::map<JobId, int> answers_ UIE_GUARDED_BY(mutex_);
};

}  // namespace uie::testing_support
