// The callers' side of Worker: the engine takes, finishes and asks. Its threads: redis_worker_threads.cpp.
#include "queue/redis_worker.h"

#include <algorithm>
#include <utility>

#include "queue/redis_codec.h"
#include "queue/redis_instance.h"
#include "queue/service_rate.h"
#include "uie/base/log.h"

namespace uie::redis {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How long a first word from Redis is waited for before a worker or its announcement goes on without.
constexpr milliseconds kPatience{2'000};

}  // namespace

Worker::Worker(const RedisOptions& options, Address address, const std::string& model, Metrics& metrics)
    : options_(options),
      model_(model),
      instance_(options.instance.empty() ? process_name() : options.instance),
      claim_(options.claim_ms),
      keys_(options.prefix, model),
      fleet_keys_(options.prefix),
      counters_(metrics),
      redelivered_(queue_counter(metrics, metric_names::jobs_redelivered)),
      dead_(queue_counter(metrics, metric_names::jobs_dead)),
      reconnects_(queue_counter(metrics, metric_names::redis_reconnects)),
      taker_(address, reconnects_),
      carrier_(address, reconnects_),
      listener_(address, reconnects_) {}

void Worker::start() {
  carrier_thread_ = std::thread([this] { carry(); });
  taker_thread_ = std::thread([this] { fetch(); });
  listener_thread_ = std::thread([this] { listen(); });
}

// The carrier ends last: it wakes the others, sends what is left and puts back what nobody began.
Worker::~Worker() {
  {
    MutexLock lock(mutex_);
    closed_ = stopping_ = true;
  }
  changed_.notify_all();
  errands_.notify_all();
  for (std::thread* thread : {&taker_thread_, &carrier_thread_, &listener_thread_}) {
    if (thread->joinable()) thread->join();
  }
}

void Worker::announce(const WorkerCard& card) {
  MutexLock lock(mutex_);
  card_ = card;
  announced_ = false;
  errands_.notify_one();
  const Deadline end = Deadline::after(kPatience);
  while (!announced_ && !stopping_ && changed_.wait(lock, end)) {
  }
}

// The heartbeat runs out by itself.
void Worker::withdraw() {
  MutexLock lock(mutex_);
  card_.reset();
  announced_ = false;
}

Result<std::unique_ptr<Reply>> Worker::submit(Job) {
  return fail(ErrorCode::unavailable, "this is the taking side of the queue");
}

std::optional<Job> Worker::take(Deadline deadline) {
  MutexLock lock(mutex_);
  const uint64_t seen = polls_begun_;
  ++takers_;
  changed_.notify_all();
  std::optional<Job> job;
  while (!(job = next_ready(lock)) && !closed_) {
    // What is there is given whatever the deadline: a look at the stream that began after this call has to say no.
    const bool looked = blocked_ || away_ || !announced_ || polls_done_ > seen || on_trial();
    if (deadline.expired() && looked) break;
    changed_.wait(lock, deadline.expired() ? Deadline::after(milliseconds(20)) : deadline);
  }
  --takers_;
  return job;
}

// The next job that is wanted; the others are answered.
std::optional<Job> Worker::next_ready(MutexLock& lock) {
  while (auto job = first_ready()) {
    Held& held = held_.at(job->id);
    const bool cancelled = held.cancelled, expired = held.deadline.expired();
    held.given = true;
    ++working_;
    if (!cancelled && !expired) return job;
    lock.unlock();
    (cancelled ? counters_.dropped_cancelled : counters_.dropped_expired).add();
    answer(job->id, cancelled ? fail(ErrorCode::cancelled, "the caller cancelled the job")
                              : fail(ErrorCode::deadline, "the deadline passed while the job waited for its turn"));
    lock.lock();
  }
  return std::nullopt;
}

// While there are suspects, nothing but the one on trial.
std::optional<Job> Worker::first_ready() {
  if (called_) return std::exchange(called_, std::nullopt);
  if (on_trial() || ready_.empty()) return std::nullopt;
  Job job = std::move(ready_.front());
  ready_.pop_front();
  return job;
}

bool Worker::may_try() const { return trial_ == 0 && !suspects_.empty() && !closed_ && working_ == 0; }

void Worker::finish(JobId id, JobResult result) { answer(id, result); }

void Worker::answer(JobId id, const JobResult& result) {
  std::string bytes = encode(result);
  MutexLock lock(mutex_);
  const auto found = held_.find(id);
  if (found == held_.end() || found->second.answered) return;
  found->second.answered = true;
  if (found->second.given) --working_;
  outgoing_.push_back({id, std::move(bytes), found->second.given_up ? result.error().message : "", cost_work(result)});
  if (outgoing_.size() == 1 || outgoing_.size() >= kAnswersAtOnce || working_ == 0) errands_.notify_one();
}

bool Worker::abandoned(JobId id) const {
  MutexLock lock(mutex_);
  const auto found = held_.find(id);
  return found == held_.end() || found->second.cancelled || found->second.answered || found->second.deadline.expired();
}

void Worker::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

bool Worker::closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

bool Worker::stopping() const {
  MutexLock lock(mutex_);
  return stopping_;
}

QueueStats Worker::stats() const {
  MutexLock lock(mutex_);
  QueueStats stats;
  for (const auto& [id, held] : held_) stats.in_flight += !held.answered;
  for (const auto* waiting : {&ready_, &suspects_}) {
    stats.depth += waiting->size();
    for (const Job& job : *waiting) {
      stats.queued_chars += job.task.characters();
      const std::chrono::duration<double> age = Clock::now() - job.accepted;
      stats.oldest_age_s = std::max(stats.oldest_age_s, age.count());
    }
  }
  stats.in_flight -= std::min(stats.in_flight, stats.depth);
  return stats;
}

// Jobs come into hand, all at once: who takes the first finds the others counted. What cannot be worked on is answered.
void Worker::hold(std::vector<Incoming> incoming) {
  std::vector<std::pair<JobId, JobResult>> refused;
  std::vector<Result<Job>> jobs;
  for (Incoming& arrived : incoming) jobs.push_back(to_job(arrived));
  {
    MutexLock lock(mutex_);
    for (size_t i = 0; i < jobs.size(); ++i) {
      const Entry& entry = incoming[i].entry;
      const JobId id = ++last_id_;
      Held held{entry.job, entry.entry, entry.replies, from_wall(entry.deadline)};
      held.trials = incoming[i].trials;
      held.given_up = incoming[i].trials >= options_.trials;
      held_.emplace(id, std::move(held));
      if (jobs[i]) {
        jobs[i]->id = id;
        (incoming[i].trials >= 0 ? suspects_ : ready_).push_back(*std::move(jobs[i]));
      } else {
        refused.emplace_back(id, Unexpected(jobs[i].error()));
      }
    }
    std::stable_sort(suspects_.begin(), suspects_.end(), [&](const Job& a, const Job& b) UIE_REQUIRES(mutex_) {
      return held_.at(a.id).trials < held_.at(b.id).trials;
    });
    changed_.notify_all();
    if (may_try()) errands_.notify_one();
  }
  for (const auto& [id, result] : refused) answer(id, result);
}

Result<Job> Worker::to_job(Incoming& arrived) {
  Entry& entry = arrived.entry;
  if (entry.version != kProtocol) {
    return fail(ErrorCode::unavailable,
                "the worker speaks another version of the protocol than the front end; update both");
  }
  if (arrived.trials >= options_.trials) {
    dead_.add();
    log_error("job " + entry.job + " of request " + entry.request_id + " is given up: its workers died");
    return fail(ErrorCode::unsupported, "the workers that tried this text died; it is given up");
  }
  auto task = decode_task(entry.task);
  if (!task) return Unexpected(task.error());
  Job job;
  job.task = *std::move(task);
  job.task.deadline = from_wall(entry.deadline);
  job.request_id = std::move(entry.request_id);
  job.accepted = Clock::now() - milliseconds(std::max<int64_t>(wall_now() - entry.accepted, 0));
  return job;
}

bool Worker::holds(const std::string& entry) const {
  MutexLock lock(mutex_);
  return std::any_of(held_.begin(), held_.end(), [&](const auto& held) { return held.second.entry == entry; });
}

void Worker::pause(Backoff& backoff) {
  const Deadline end = Deadline::after(backoff.next());
  MutexLock lock(mutex_);
  while (!stopping_ && changed_.wait(lock, end)) {
  }
}

}  // namespace uie::redis

namespace uie {

Result<std::unique_ptr<RedisWorker>> make_redis_worker(const RedisOptions& options, const std::string& model,
                                                       Metrics& metrics) {
  auto address = redis::read_address(options);
  if (!address) return Unexpected(address.error());
  if (options.claim_ms < 1'000)
    return fail(ErrorCode::invalid_request, "a claim must last a second at least", "--redis-claim");
  if (options.trials < 1) return fail(ErrorCode::invalid_request, "a job needs one trial at least", "--redis-trials");
  auto worker = std::make_unique<redis::Worker>(options, *std::move(address), model, metrics);
  worker->start();
  return worker;
}

}  // namespace uie
