// Past Redis while it is away, for a process in all roles: its own engine answers what it takes in.
#pragma once

#include <memory>

#include "uie/base/metrics.h"
#include "uie/queue/job_queue.h"
#include "uie/queue/redis.h"

namespace uie {

// Both sides of one model as one queue: submit() goes to `shared`, the front end's queue, and take() gives what the
// worker has. While the front end cannot reach Redis, submit() goes to a queue within the process, and take() gives
// that too; jobs that Redis had when it went away are submitted there once more, so that their callers need not wait
// for it. Such a job may run again when Redis is back; nobody waits for that answer any more. Says in the log when it
// begins and ends. front and shared must outlive it.
std::unique_ptr<JobQueue> make_redis_fallback(const RedisFront& front, JobQueue& shared,
                                              std::unique_ptr<JobQueue> worker, const QueueOptions& limits,
                                              Metrics& metrics = no_metrics());

// Whether an answer came past Redis. Its warnings say so too.
bool is_from_fallback(const Extracted& answer);

}  // namespace uie
