// The submitting side: one outbox thread that carries everything that does not block, one thread that reads the reply
// stream, and the reply table between them and the callers, under one lock.
//
// A call puts an order into the outbox and waits until it is done; the outbox sends what has gathered as one round
// trip, so that many callers share a connection. After a broken connection it sends the same orders again: each may be
// repeated (a job is known by its id), and each is given up after a while.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "queue/counters.h"
#include "queue/redis_connection.h"
#include "queue/redis_keys.h"
#include "queue/redis_stale_cards.h"
#include "uie/base/mutex.h"
#include "uie/queue/redis.h"

namespace uie::redis {

class Front final : public RedisFront {
 public:
  Front(const RedisOptions& options, Address address, const QueueOptions& limits, Metrics& metrics);
  ~Front() override;

  void start();

  FleetView view() const override;
  JobQueue& queue(std::string_view model) override;
  void close() override;

 private:
  class Caller;
  class ModelQueue;

  struct Order {
    enum class Kind { submit, cancel, stats };

    Kind kind;
    uint64_t number = 0;  // in the order of putting
    std::string job;      // of submit and cancel
    ModelQueue* model;
    Command command;
    Deadline give_up;  // not sent, or not answered, until then: `unavailable`
  };

  Result<std::unique_ptr<Reply>> submit(ModelQueue& model, Job job) UIE_EXCLUDES(mutex_);
  std::optional<Error> refusal(const Job& job) UIE_EXCLUDES(mutex_);
  QueueStats stats(ModelQueue& model) UIE_EXCLUDES(mutex_);
  std::optional<JobResult> wait(Caller& caller, Deadline deadline) UIE_EXCLUDES(mutex_);
  void cancel(Caller& caller, bool leaving) UIE_EXCLUDES(mutex_);
  bool is_closed() const UIE_EXCLUDES(mutex_);

  uint64_t put(Order order) UIE_REQUIRES(mutex_);
  void await(MutexLock& lock, uint64_t order, Deadline deadline) UIE_REQUIRES(mutex_);
  static void answer(Caller& caller, JobResult result);

  void carry() noexcept;
  bool gather(std::deque<Order>& orders) UIE_EXCLUDES(mutex_);
  bool send(std::deque<Order>& orders);
  void done(const Order& order, const Answer* answer) UIE_EXCLUDES(mutex_);
  Result<void> admission(const Answer* answer);
  void give_up(std::deque<Order>& orders) UIE_EXCLUDES(mutex_);
  bool tick();
  bool look_around();
  void learn_rates(const FleetView& view, const std::vector<Answer>& answers) UIE_EXCLUDES(mutex_);
  bool drop_stale_cards(const FleetView& view, const std::vector<Answer>& stats);
  bool look_for_lost();
  void pause(Backoff& backoff) UIE_EXCLUDES(mutex_);

  void read() noexcept;
  bool read_some(Connection& connection);

  const RedisOptions options_;
  const Address address_;
  const QueueOptions limits_;
  const std::string instance_;  // of this process alone: a restart has other callers
  const FleetKeys keys_;
  QueueCounters counters_;
  Counter& reconnects_;

  Connection outbox_connection_, reader_connection_;
  Deadline next_tick_ = Deadline::after(std::chrono::milliseconds(0));  // the outbox thread's own
  StaleCards stale_cards_{std::chrono::hours(1)};                       // the outbox thread's own
  std::string last_reply_ = "0";                                        // the reader thread's own

  mutable Mutex mutex_;
  Condition has_orders_, progress_;
  std::deque<Order> orders_ UIE_GUARDED_BY(mutex_);
  std::unordered_map<std::string, Caller*> callers_ UIE_GUARDED_BY(mutex_);
  std::map<std::string, std::unique_ptr<ModelQueue>, std::less<>> models_ UIE_GUARDED_BY(mutex_);
  FleetView view_ UIE_GUARDED_BY(mutex_);
  uint64_t last_order_ UIE_GUARDED_BY(mutex_) = 0, done_order_ UIE_GUARDED_BY(mutex_) = 0;
  uint64_t last_job_ UIE_GUARDED_BY(mutex_) = 0;
  uint64_t reads_ UIE_GUARDED_BY(mutex_) = 0;  // answers of the reply stream, empty ones too
  Deadline patience_ UIE_GUARDED_BY(mutex_);   // Redis is away: callers wait until then before they are refused
  bool closed_ UIE_GUARDED_BY(mutex_) = false, stopping_ UIE_GUARDED_BY(mutex_) = false;

  std::thread outbox_thread_, reader_thread_;
};

}  // namespace uie::redis
