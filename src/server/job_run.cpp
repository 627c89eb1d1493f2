#include "server/job_run.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

namespace uie {
namespace {

// How long a wait goes on before it looks whether anybody still wants the answer.
constexpr std::chrono::milliseconds look_up{100};

class JobRun {
 public:
  JobRun(const RunContext& context, size_t count, const MakeTask& make_task, Deadline deadline)
      : context_(context), make_task_(make_task), deadline_(deadline), replies_(count), results_(count) {}

  std::vector<JobResult> run() {
    for (size_t i = 0; i < results_.size() && !stopped_; ++i) submit(i);
    while (collect_oldest()) {
    }
    return finished();
  }

 private:
  // A full queue takes more as soon as one of our own texts is answered, so a long list needs no room for all of it.
  void submit(size_t index) {
    while (!stopped_) {
      auto reply = context_.queue.submit(make_job(index));
      if (reply) {
        replies_[index] = *std::move(reply);
        return;
      }
      const bool full = reply.error().code == ErrorCode::overloaded;
      if (full && collect_oldest()) continue;
      if (full) stopped_ = reply.error();
      results_[index] = tl::unexpected(std::move(reply.error()));
      return;
    }
  }

  Job make_job(size_t index) {
    Job job;
    job.task = make_task_(index);
    job.request_id = context_.request_id;
    return job;
  }

  // Waits for the first text that is not answered. False when nothing is in the queue.
  bool collect_oldest() {
    while (oldest_ < replies_.size() && !replies_[oldest_]) ++oldest_;
    if (oldest_ == replies_.size()) return false;
    results_[oldest_] = wait(*replies_[oldest_]);
    replies_[oldest_].reset();
    return true;
  }

  JobResult wait(Reply& reply) {
    while (true) {
      const Deadline soon = std::min(deadline_, Deadline::after(look_up));
      if (auto answer = reply.wait(soon)) return *std::move(answer);
      if (auto reason = reason_to_stop()) {
        stopped_ = *reason;
        return tl::unexpected(*std::move(reason));  // the Reply cancels the job as it goes
      }
    }
  }

  std::optional<Error> reason_to_stop() const {
    if (context_.exchange.wire->gone()) return Error{ErrorCode::cancelled, "the client has gone", ""};
    if (context_.phase.abandoned) return Error{ErrorCode::unavailable, "the server is shutting down", ""};
    if (deadline_.expired()) return Error{ErrorCode::deadline, "the deadline passed before the answer was there", ""};
    return std::nullopt;
  }

  std::vector<JobResult> finished() {
    std::vector<JobResult> results;
    results.reserve(results_.size());
    for (auto& result : results_) {
      results.push_back(result ? *std::move(result) : JobResult(tl::unexpected(*stopped_)));
    }
    return results;
  }

  const RunContext& context_;
  const MakeTask& make_task_;
  const Deadline deadline_;
  std::vector<std::unique_ptr<Reply>> replies_;
  std::vector<std::optional<JobResult>> results_;
  size_t oldest_ = 0;             // no reply before it is open
  std::optional<Error> stopped_;  // why nothing more is submitted
};

}  // namespace

std::vector<JobResult> run_jobs(const RunContext& context, size_t count, const MakeTask& make_task, Deadline deadline) {
  return JobRun(context, count, make_task, deadline).run();
}

std::vector<JobResult> run_jobs(const RunContext& context, std::vector<Task> tasks, Deadline deadline) {
  const bool one = tasks.size() == 1;
  const auto task = [&](size_t index) { return one ? std::move(tasks[index]) : tasks[index]; };
  return run_jobs(context, tasks.size(), task, deadline);
}

}  // namespace uie
