// The taking side of one model: a thread that reads the stream when somebody wants jobs, one that hears of
// cancellations, and one that carries what does not block (answers, renewals, heartbeats, jobs of the dead), around a
// table of the jobs in hand under one lock.
//
// Suspects. A worker that dies takes all the jobs it had in hand with it, and any of them may have been the reason. So
// jobs taken over from the dead run one at a time and alone, and a trial is written down before it begins; a job whose
// worker died in each of its trials is given up. So innocent neighbours of a poisoned job never are, and a trial costs
// nobody else a worker. Fewest trials first, so that the innocent need not wait for the guilty; but every fourth time
// most trials first, so that where workers die all the time, and suspects never run out, the guilty are found as well.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "queue/counters.h"
#include "queue/redis_connection.h"
#include "queue/redis_entry.h"
#include "queue/redis_keys.h"
#include "uie/base/mutex.h"
#include "uie/queue/redis.h"

namespace uie::redis {

// Read at once. What nobody asked for yet waits in hand, so few, for another worker may be idle; more while the stream
// gives as many as were asked for: then nobody is.
inline constexpr size_t kEntriesAtOnce = 8, kMostAtOnce = 32;
// Sent at once.
inline constexpr size_t kAnswersAtOnce = 64;

class Worker final : public RedisWorker {
 public:
  Worker(const RedisOptions& options, Address address, const std::string& model, Metrics& metrics);
  ~Worker() override;

  void start();

  void announce(const WorkerCard& card) override;
  void withdraw() override;
  Result<std::unique_ptr<Reply>> submit(Job job) override;
  std::optional<Job> take(Deadline deadline) override;
  void finish(JobId id, JobResult result) override;
  bool abandoned(JobId id) const override;
  void close() override;
  bool closed() const override;
  QueueStats stats() const override;

 private:
  // An entry, and how many trials it has had; -1: it is fresh, not a suspect.
  struct Incoming {
    Entry entry;
    int trials = -1;
  };
  // A job in hand: claimed by this worker and not answered. Between finish() and Redis' word it is `answered`.
  struct Held {
    std::string job, entry, replies;
    Deadline deadline;
    int trials = -1;     // of a suspect
    bool given = false;  // the engine has it, or had
    bool cancelled = false, answered = false;
    bool given_up = false;  // its answer, an error, goes to the dead letters with it
  };
  struct Taken {
    std::string job, entry;
  };
  struct Outgoing {
    JobId id;
    std::string result;  // encoded
    std::string dead;    // why it is given up; empty: it is not
    bool worked;         // not dropped
  };

  // The taker thread.
  void fetch() noexcept;
  bool await_demand() UIE_EXCLUDES(mutex_);
  bool fetch_some();
  bool wants_more() const UIE_REQUIRES(mutex_);
  bool read_stream(const Command& options);
  bool take_up_own();
  bool accept_fresh(std::vector<Entry> entries);
  Command taken_command() const;
  void hear_taken(const Answer& wanted) UIE_EXCLUDES(mutex_);
  bool tell_taken();
  bool add_texts(Connection& connection, std::vector<Incoming>& incoming);
  void set_blocked(bool blocked) UIE_EXCLUDES(mutex_);

  // The thread that carries.
  void carry() noexcept;
  bool await_work() UIE_EXCLUDES(mutex_);
  bool send_answers();
  bool start_trial();
  bool beat();
  bool renew();
  bool take_over();
  void leave() noexcept;
  bool unblock_readers();

  // The listening thread.
  void listen() noexcept;
  bool hear_some();

  void hold(std::vector<Incoming> incoming) UIE_EXCLUDES(mutex_);
  Result<Job> to_job(Incoming& arrived);
  std::optional<Job> next_ready(MutexLock& lock) UIE_REQUIRES(mutex_);
  std::optional<Job> first_ready() UIE_REQUIRES(mutex_);
  bool on_trial() const UIE_REQUIRES(mutex_) { return trial_ != 0 || !suspects_.empty(); }
  bool may_try() const UIE_REQUIRES(mutex_);
  void answer(JobId id, const JobResult& result) UIE_EXCLUDES(mutex_);
  bool holds(const std::string& entry) const UIE_EXCLUDES(mutex_);
  bool stopping() const UIE_EXCLUDES(mutex_);
  void pause(Backoff& backoff) UIE_EXCLUDES(mutex_);

  const RedisOptions options_;
  const std::string model_, instance_;
  const std::chrono::milliseconds claim_;
  const ModelKeys keys_;
  const FleetKeys fleet_keys_;
  QueueCounters counters_;
  Counter &redelivered_, &dead_, &reconnects_;

  Connection taker_, carrier_, listener_;
  uint64_t taker_generation_ = 0;                      // the taker's own: of the connection whose entries are known
  std::vector<Taken> untold_;                          // the taker's own: in hand, and Redis counts them as waiting
  size_t at_once_ = kEntriesAtOnce;                    // the taker's own: entries to ask for
  uint64_t carrier_generation_ = 0;                    // the carrier's own
  Deadline next_beat_, next_renewal_, next_takeover_;  // the carrier's own
  std::string last_cancel_ = "$";                      // the listener's own

  mutable Mutex mutex_;
  Condition changed_;
  Condition errands_;  // for the carrier alone: answers come too often to wake everybody
  std::map<JobId, Held> held_ UIE_GUARDED_BY(mutex_);
  std::deque<Job> ready_ UIE_GUARDED_BY(mutex_);      // held, not yet given
  std::deque<Job> suspects_ UIE_GUARDED_BY(mutex_);   // held, waiting for their trial
  JobId trial_ UIE_GUARDED_BY(mutex_) = 0;            // of the suspect whose trial is written down
  std::optional<Job> called_ UIE_GUARDED_BY(mutex_);  // the same, until it is given
  std::deque<Outgoing> outgoing_ UIE_GUARDED_BY(mutex_);
  std::optional<WorkerCard> card_ UIE_GUARDED_BY(mutex_);
  bool announced_ UIE_GUARDED_BY(mutex_) = false;  // Redis knows
  size_t takers_ UIE_GUARDED_BY(mutex_) = 0;       // take() calls that wait
  uint64_t polls_begun_ UIE_GUARDED_BY(mutex_) = 0, polls_done_ UIE_GUARDED_BY(mutex_) = 0;
  bool blocked_ UIE_GUARDED_BY(mutex_) = false;  // the taker waits in Redis: the stream was empty
  bool away_ UIE_GUARDED_BY(mutex_) = false;     // the taker has no connection
  JobId last_id_ UIE_GUARDED_BY(mutex_) = 0;
  size_t working_ UIE_GUARDED_BY(mutex_) = 0;       // jobs that the engine has
  uint64_t trials_run_ UIE_GUARDED_BY(mutex_) = 0;  // by this process
  bool closed_ UIE_GUARDED_BY(mutex_) = false, stopping_ UIE_GUARDED_BY(mutex_) = false;
  bool left_ UIE_GUARDED_BY(mutex_) = false;  // the taker has ended: nothing more comes into hand

  std::thread taker_thread_, carrier_thread_, listener_thread_;
};

}  // namespace uie::redis
