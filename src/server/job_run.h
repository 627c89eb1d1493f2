// Sends the texts of one request through the queue and waits for all answers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/exchange.h"
#include "uie/queue/job_queue.h"

namespace uie {

struct RunContext {
  JobQueue& queue;
  const Exchange& exchange;  // to notice that the client has gone
  const Phase& phase;        // to give up when the server must
  const std::string& request_id;
};

// The task of an index. Called when there is room for it, so that a long list is not held twice.
using MakeTask = std::function<Task(size_t)>;

// One result a task, in order. What the client's leaving, the deadline or the end of the server cuts off is cancelled
// in the queue; its result says so. All tasks carry the same deadline.
std::vector<JobResult> run_jobs(const RunContext& context, size_t count, const MakeTask& make_task, Deadline deadline);
std::vector<JobResult> run_jobs(const RunContext& context, std::vector<Task> tasks, Deadline deadline);

}  // namespace uie
