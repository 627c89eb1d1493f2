// Front end and worker of one model as one JobQueue, as the engine and the server of `--role all` see them together.
#pragma once

#include <memory>
#include <utility>

#include "uie/queue/redis.h"

namespace uie::testing_support {

class RedisPair final : public JobQueue {
 public:
  RedisPair(const RedisOptions& options, const QueueOptions& limits, Metrics& metrics)
      : front_(make_redis_front(options, limits, metrics).value()),
        worker_(make_redis_worker(options, "m", metrics).value()),
        queue_(front_->queue("m")) {
    worker_->announce(WorkerCard{"m", "rex-uninlu", "dir", "fp32", "cpu", 1, 2, 512});
  }

  Result<std::unique_ptr<Reply>> submit(Job job) override { return queue_.submit(std::move(job)); }
  std::optional<Job> take(Deadline deadline) override { return worker_->take(deadline); }
  void finish(JobId id, JobResult result) override { worker_->finish(id, std::move(result)); }
  bool abandoned(JobId id) const override { return worker_->abandoned(id); }
  void close() override {
    front_->close();
    worker_->close();
  }
  bool closed() const override { return queue_.closed() && worker_->closed(); }
  // What waits in Redis, and what this worker has fetched and not given yet.
  QueueStats stats() const override {
    const QueueStats worker = worker_->stats();
    QueueStats stats = queue_.stats();
    stats.depth += worker.depth;
    stats.in_flight += worker.in_flight;
    stats.queued_chars += worker.queued_chars;
    stats.oldest_age_s = std::max(stats.oldest_age_s, worker.oldest_age_s);
    return stats;
  }

 private:
  std::unique_ptr<RedisFront> front_;
  std::unique_ptr<RedisWorker> worker_;
  JobQueue& queue_;
};

}  // namespace uie::testing_support
