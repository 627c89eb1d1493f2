#include "queue/redis_front.h"

#include <algorithm>
#include <utility>

#include "queue/redis_codec.h"
#include "queue/redis_entry.h"
#include "queue/redis_instance.h"
#include "queue/redis_script_call.h"
#include "queue/redis_scripts.h"
#include "queue/service_rate.h"
#include "uie/base/log.h"
#include "uie/base/thread_name.h"

namespace uie::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{1'000};
// How long a submission may wait for Redis to come back. Short: the client can go to another front end.
constexpr milliseconds kPatience{2'000};
// How long a caller that leaves, or somebody who asks how the queue stands, waits for Redis' word.
constexpr milliseconds kGlance{100};
constexpr size_t kOrdersAtOnce = 64;
constexpr size_t kInline = 64u << 10;  // longer tasks stand beside their entry
constexpr size_t kRepliesAtOnce = 256;
constexpr int64_t kTextLives = 24 * 3'600'000;  // of a job without deadline
// A job that is neither live nor answered for so many ticks is lost.
constexpr int kLostTicks = 3;

Error no_redis() { return {ErrorCode::unavailable, "the job queue cannot be reached; try again later", ""}; }

}  // namespace

// The caller's end. Every member but the constants is guarded by the front end's mutex.
class Front::Caller final : public Reply {
 public:
  Caller(Front& front, ModelQueue& model) : front_(front), model_(model) {}
  ~Caller() override { front_.cancel(*this, true); }
  std::optional<JobResult> wait(Deadline deadline) override { return front_.wait(*this, deadline); }
  void cancel() override { front_.cancel(*this, false); }

 private:
  friend class Front;

  Front& front_;
  ModelQueue& model_;
  std::string job_;
  Condition changed_;
  std::optional<Result<void>> admitted_;
  std::optional<JobResult> answer_;
  bool was_answered_ = false;
  int missed_ = 0;          // ticks in which the job was not live
  uint64_t missed_at_ = 0;  // reads_ when it was first missed
};

class Front::ModelQueue final : public JobQueue {
 public:
  ModelQueue(Front& front, const std::string& prefix, const std::string& model) : keys(prefix, model), front_(front) {}

  Result<std::unique_ptr<Reply>> submit(Job job) override { return front_.submit(*this, std::move(job)); }
  std::optional<Job> take(Deadline) override { return std::nullopt; }
  void finish(JobId, JobResult) override {}
  bool abandoned(JobId) const override { return true; }
  void close() override { front_.close(); }
  bool closed() const override { return front_.is_closed(); }
  QueueStats stats() const override { return front_.stats(const_cast<ModelQueue&>(*this)); }

  const ModelKeys keys;
  // Guarded by the front end's mutex.
  QueueStats last_stats;
  ServiceRate rate;

 private:
  Front& front_;
};

Front::Front(const RedisOptions& options, Address address, const QueueOptions& limits, Metrics& metrics)
    : options_(options),
      address_(std::move(address)),
      limits_(limits),
      instance_(unique_name(options.instance)),
      keys_(options.prefix),
      counters_(metrics),
      reconnects_(queue_counter(metrics, metric_names::redis_reconnects)),
      outbox_connection_(address_, reconnects_),
      reader_connection_(address_, reconnects_) {}

void Front::start() {
  const Deadline end = Deadline::after(kPatience);
  {
    MutexLock lock(mutex_);
    patience_ = end;
  }
  outbox_thread_ = std::thread([this] { carry(); });
  reader_thread_ = std::thread([this] { read(); });
  MutexLock lock(mutex_);
  while (!view_.connected && progress_.wait(lock, end)) {
  }
}

Front::~Front() {
  {
    MutexLock lock(mutex_);
    closed_ = stopping_ = true;
  }
  has_orders_.notify_all();
  progress_.notify_all();
  if (outbox_thread_.joinable()) outbox_thread_.join();
  if (reader_thread_.joinable()) reader_thread_.join();
}

// --- the callers' side ---

JobQueue& Front::queue(std::string_view model) {
  MutexLock lock(mutex_);
  auto found = models_.find(model);
  if (found == models_.end()) {
    const std::string name(model);
    found = models_.emplace(name, std::make_unique<ModelQueue>(*this, options_.prefix, name)).first;
  }
  return *found->second;
}

FleetView Front::view() const {
  MutexLock lock(mutex_);
  return view_;
}

void Front::close() {
  MutexLock lock(mutex_);
  closed_ = true;
}

bool Front::is_closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

// What needs no word from Redis.
std::optional<Error> Front::refusal(const Job& job) {
  Error error;
  Counter* counter = nullptr;
  const size_t chars = job.task.characters();
  if (is_closed()) {
    counter = &counters_.refused_closed;
    error = {ErrorCode::unavailable, "the server is stopping and takes no new jobs; try another one", ""};
  } else if (job.task.deadline.expired()) {
    counter = &counters_.refused_expired;
    error = {ErrorCode::deadline, "the deadline passed before the job was queued", ""};
  } else if (chars > limits_.max_chars) {
    counter = &counters_.refused_chars;
    error = {ErrorCode::too_large,
             "the text has " + std::to_string(chars) + " code points, the whole queue holds " +
                 std::to_string(limits_.max_chars),
             ""};
  } else {
    return std::nullopt;
  }
  counter->add();
  return error;
}

Result<std::unique_ptr<Reply>> Front::submit(ModelQueue& model, Job job) {
  if (auto error = refusal(job)) return Unexpected(*std::move(error));
  auto caller = std::make_unique<Caller>(*this, model);  // made and destroyed without the lock
  Entry entry;
  entry.version = kProtocol;
  entry.replies = instance_;
  entry.request_id = job.request_id;
  entry.accepted = wall_now();
  entry.deadline = to_wall(job.task.deadline);
  entry.characters = job.task.characters();
  entry.task = encode(job.task);
  entry.beside = entry.task.size() > kInline;
  const std::string text = entry.beside ? std::exchange(entry.task, "") : "";
  const int64_t text_lives = entry.deadline == 0 ? kTextLives : entry.deadline - entry.accepted + 60'000;

  MutexLock lock(mutex_);
  if (patience_.expired()) return Unexpected(no_redis());
  caller->job_ = entry.job = instance_ + "-" + std::to_string(++last_job_);
  callers_.emplace(entry.job, caller.get());
  const ModelKeys& keys = model.keys;
  const size_t room = model.rate.room(job.task.deadline, std::chrono::steady_clock::now());
  Command arguments{std::to_string(limits_.max_jobs),
                    std::to_string(limits_.max_chars),
                    std::to_string(room == SIZE_MAX ? 0 : room),
                    entry.job,
                    std::to_string(entry.characters),
                    text,
                    std::to_string(text_lives)};
  for (auto& word : to_fields(entry)) arguments.push_back(std::move(word));
  put({Order::Kind::submit, 0, entry.job, &model,
       call_script(scripts::submit,
                   {keys.jobs(), keys.live(), keys.waiting(), keys.chars(), keys.workers(), keys.text(entry.job)},
                   arguments),
       std::min(job.task.deadline, Deadline::after(kPatience))});
  while (!caller->admitted_) caller->changed_.wait(lock);
  if (*caller->admitted_) {
    lock.unlock();
    counters_.accepted.add();
    return caller;
  }
  Error error = caller->admitted_->error();
  callers_.erase(caller->job_);
  caller->job_.clear();
  lock.unlock();
  return Unexpected(std::move(error));
}

std::optional<JobResult> Front::wait(Caller& caller, Deadline deadline) {
  MutexLock lock(mutex_);
  while (!caller.was_answered_) {
    if (!caller.changed_.wait(lock, deadline) && !caller.was_answered_) return std::nullopt;
  }
  return std::exchange(caller.answer_, std::nullopt);
}

// Waits a moment for Redis' word, so that who takes after a cancel does not get the job; without Redis it goes on.
void Front::cancel(Caller& caller, bool leaving) {
  MutexLock lock(mutex_);
  if (leaving) callers_.erase(caller.job_);
  if (caller.was_answered_ || caller.job_.empty()) return;
  const ModelKeys& keys = caller.model_.keys;
  const std::string& job = caller.job_;
  const uint64_t number = put({Order::Kind::cancel, 0, job, &caller.model_,
                               call_script(scripts::cancel,
                                           {keys.jobs(), keys.live(), keys.waiting(), keys.chars(), keys.cancels(),
                                            keys.text(job), keys.trials()},
                                           {job, kGroup}),
                               Deadline::after(kPatience)});
  answer(caller, fail(ErrorCode::cancelled, "the caller cancelled the job"));
  if (view_.connected) await(lock, number, Deadline::after(kGlance));
}

QueueStats Front::stats(ModelQueue& model) {
  MutexLock lock(mutex_);
  if (view_.connected) {
    const ModelKeys& keys = model.keys;
    const uint64_t number =
        put({Order::Kind::stats, 0, "", &model,
             call_script(scripts::stats, {keys.waiting(), keys.chars(), keys.workers(), keys.dead(), keys.done()}),
             Deadline::after(kGlance)});
    await(lock, number, Deadline::after(kGlance));
  }
  QueueStats stats = model.last_stats;
  stats.capacity = limits_.max_jobs;
  return stats;
}

uint64_t Front::put(Order order) {
  order.number = ++last_order_;
  orders_.push_back(std::move(order));
  has_orders_.notify_one();
  return last_order_;
}

void Front::await(MutexLock& lock, uint64_t order, Deadline deadline) {
  while (done_order_ < order && !stopping_ && progress_.wait(lock, deadline)) {
  }
}

// The first answer counts. Notifies under the lock: a woken caller may destroy its Reply.
void Front::answer(Caller& caller, JobResult result) {
  if (caller.was_answered_) return;
  caller.was_answered_ = true;
  caller.answer_ = std::move(result);
  caller.changed_.notify_all();
}

// --- the outbox thread ---

void Front::carry() noexcept {
  name_thread("uie-redis-out");
  Backoff backoff;
  std::deque<Order> orders;
  while (gather(orders)) {
    if (attempt(outbox_connection_, "the queue's outbox", [&] { return send(orders) && tick(); })) {
      backoff.reset();
      continue;
    }
    give_up(orders);
    pause(backoff);
  }
  give_up(orders);
  if (const int64_t reader = reader_connection_.id(); reader != 0)
    outbox_connection_.run({{"CLIENT", "UNBLOCK", std::to_string(reader)}, {"DEL", keys_.front(instance_)}});
}

// Waits for orders, or for the next tick. False: stop. What was not done stays in `orders`.
bool Front::gather(std::deque<Order>& orders) {
  MutexLock lock(mutex_);
  while (orders.empty() && orders_.empty() && !stopping_ && !next_tick_.expired()) has_orders_.wait(lock, next_tick_);
  while (orders.size() < kOrdersAtOnce && !orders_.empty()) {
    orders.push_back(std::move(orders_.front()));
    orders_.pop_front();
  }
  return !stopping_ || !orders.empty();
}

bool Front::send(std::deque<Order>& orders) {
  if (orders.empty()) return true;
  std::vector<Command> commands;
  for (const Order& order : orders) commands.push_back(order.command);
  const auto answers = outbox_connection_.run(commands);
  if (!answers) return false;
  for (const Answer& answer : *answers) {
    done(orders.front(), &answer);
    orders.pop_front();
  }
  return true;
}

// `answer` null: given up.
void Front::done(const Order& order, const Answer* answer) {
  if (answer && answer->is_error()) {
    log_error("Redis refused a command of the queue: " + answer->text);
    answer = nullptr;
  }
  if (order.kind == Order::Kind::cancel && answer && answer->text == "waiting") counters_.dropped_cancelled.add();
  auto verdict = order.kind == Order::Kind::submit ? admission(answer) : Result<void>();
  MutexLock lock(mutex_);
  done_order_ = std::max(done_order_, order.number);
  if (order.kind == Order::Kind::submit) {
    const auto found = callers_.find(order.job);
    if (found == callers_.end()) return;
    found->second->admitted_ = std::move(verdict);
    found->second->changed_.notify_all();
  } else if (order.kind == Order::Kind::stats && answer) {
    QueueStats& stats = order.model->last_stats;
    stats.depth = static_cast<size_t>(answer->at(0).integer);
    stats.queued_chars = static_cast<size_t>(answer->at(1).integer);
    stats.oldest_age_s = static_cast<double>(answer->at(2).integer) / 1'000;
  }
  progress_.notify_all();
}

// What Redis said to a submission, counted. Null: nothing.
Result<void> Front::admission(const Answer* answer) {
  const std::string verdict = answer ? answer->at(0).text : "";
  const std::string held = answer ? std::to_string(answer->at(1).integer) : "";
  if (verdict == "ok") return {};
  if (verdict == "no_worker") return fail(ErrorCode::unavailable, "no worker for this model is alive; try again later");
  if (verdict == "jobs") {
    counters_.refused_jobs.add();
    return fail(ErrorCode::overloaded, "the queue is full: " + held + " of " + std::to_string(limits_.max_jobs) +
                                           " jobs wait; try again later");
  }
  if (verdict == "late") {
    counters_.refused_late.add();
    return fail(ErrorCode::overloaded, too_late(static_cast<size_t>(answer->at(1).integer)));
  }
  if (verdict == "chars") {
    counters_.refused_chars.add();
    return fail(ErrorCode::overloaded, "the queue is full: " + held + " of " + std::to_string(limits_.max_chars) +
                                           " code points wait and this text does not fit beside them; try again later");
  }
  return Unexpected(no_redis());
}

// Those whose time is over; at the end all.
void Front::give_up(std::deque<Order>& orders) {
  bool all = false;
  {
    MutexLock lock(mutex_);
    all = stopping_;
    if (view_.connected) patience_ = Deadline::after(kPatience);
    view_.connected = false;
    next_tick_ = Deadline::after(milliseconds(0));  // look around as soon as it is back
    while (!orders_.empty()) {                      // behind a connection that is away nothing needs to keep its place
      orders.push_back(std::move(orders_.front()));
      orders_.pop_front();
    }
  }
  std::deque<Order> kept;
  for (Order& order : orders) {
    if (all || order.give_up.expired()) {
      done(order, nullptr);
    } else {
      kept.push_back(std::move(order));
    }
  }
  orders = std::move(kept);
}

void Front::pause(Backoff& backoff) {
  const Deadline end = Deadline::after(backoff.next());
  MutexLock lock(mutex_);
  while (!stopping_ && progress_.wait(lock, end)) {
  }
}

// Once a second: says that this front end lives, and looks at the fleet.
bool Front::tick() {
  if (!next_tick_.expired()) return true;
  next_tick_ = Deadline::after(kTick);
  if (!outbox_connection_.run(
          {{"SET", keys_.front(instance_), "1", "EX", "10"}, {"EXPIRE", keys_.replies(instance_), "600"}}))
    return false;
  return look_around() && look_for_lost();
}

// `answers`: of scripts::stats, in the order of the view.
void Front::learn_rates(const FleetView& view, const std::vector<Answer>& answers) {
  const auto now = std::chrono::steady_clock::now();
  MutexLock lock(mutex_);
  for (size_t i = 0; i < view.models.size(); ++i) {
    const auto model = models_.find(view.models[i].card.model);
    if (model == models_.end()) continue;
    model->second->rate.observe(static_cast<uint64_t>(answers[i].at(5).integer), answers[i].at(0).integer > 0, now);
  }
}

bool Front::look_around() {
  const auto cards = outbox_connection_.run({{"HGETALL", keys_.cards()}});
  if (!cards) return false;
  FleetView view;
  std::vector<Command> commands;
  const auto& list = cards->front().list;
  for (size_t i = 0; i + 1 < list.size(); i += 2) {
    auto card = decode_card(list[i + 1].text);
    if (!card) continue;  // of another version
    const ModelKeys keys(options_.prefix, list[i].text);
    commands.push_back(
        call_script(scripts::stats, {keys.waiting(), keys.chars(), keys.workers(), keys.dead(), keys.done()}));
    view.models.push_back({*std::move(card), 0, 0});
  }
  if (!commands.empty()) {
    const auto answers = outbox_connection_.run(commands);
    if (!answers) return false;
    for (size_t i = 0; i < view.models.size(); ++i) {
      view.models[i].live_workers = static_cast<size_t>((*answers)[i].at(3).integer);
      view.models[i].dead_letters = static_cast<size_t>((*answers)[i].at(4).integer);
    }
    learn_rates(view, *answers);
    if (!drop_stale_cards(view, *answers)) return false;
  }
  std::sort(view.models.begin(), view.models.end(),
            [](const FleetModel& a, const FleetModel& b) { return a.card.model < b.card.model; });
  view.connected = true;
  MutexLock lock(mutex_);
  view_ = std::move(view);
  patience_ = Deadline::never();
  progress_.notify_all();
  return true;
}

// Models that nobody has served for long, and that have nothing waiting. The next look no longer sees them.
bool Front::drop_stale_cards(const FleetView& view, const std::vector<Answer>& stats) {
  std::vector<Command> drops;
  for (size_t i = 0; i < view.models.size(); ++i) {
    const FleetModel& model = view.models[i];
    const bool wanted = model.live_workers > 0 || model.dead_letters > 0 || stats[i].at(0).integer > 0;
    if (auto drop = stale_cards_.look(options_.prefix, model.card.model, wanted)) drops.push_back(*std::move(drop));
  }
  return drops.empty() || outbox_connection_.run(drops).has_value();
}

// A Redis that lost its data (it runs without AOF, or fell over to a copy) has lost jobs; their callers are told. The
// answer is stored in the transaction that makes a job not live, so a job that is not live while the reply stream has
// been read several times has none.
bool Front::look_for_lost() {
  std::map<ModelQueue*, std::vector<std::string>> jobs;
  {
    MutexLock lock(mutex_);
    for (const auto& [job, caller] : callers_) {
      if (caller->admitted_ && *caller->admitted_ && !caller->was_answered_) jobs[&caller->model_].push_back(job);
    }
  }
  for (const auto& [model, names] : jobs) {
    Command command{"HMGET", model->keys.live()};
    command.insert(command.end(), names.begin(), names.end());
    const auto answers = outbox_connection_.run({command});
    if (!answers) return false;
    MutexLock lock(mutex_);
    for (size_t i = 0; i < names.size(); ++i) {
      const auto found = callers_.find(names[i]);
      if (found == callers_.end()) continue;
      Caller& caller = *found->second;
      const bool missing = answers->front().at(i).kind == Answer::Kind::nil;
      if (!missing) caller.missed_ = 0;
      if (missing && caller.missed_++ == 0) caller.missed_at_ = reads_;
      if (caller.missed_ >= kLostTicks && reads_ > caller.missed_at_ + 1)
        answer(caller, fail(ErrorCode::unavailable, "the job queue lost this job; try again"));
    }
  }
  return true;
}

// --- the thread that reads the reply stream ---

void Front::read() noexcept {
  name_thread("uie-redis-in");
  Backoff backoff;
  for (;;) {
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
    }
    if (attempt(reader_connection_, "the reader of the reply stream", [&] { return read_some(reader_connection_); })) {
      backoff.reset();
      continue;
    }
    pause(backoff);
  }
}

bool Front::read_some(Connection& connection) {
  const std::string stream = keys_.replies(instance_);
  std::vector<Command> commands;
  if (last_reply_ != "0") commands.push_back({"XTRIM", stream, "MINID", last_reply_});
  commands.push_back({"XREAD", "COUNT", std::to_string(kRepliesAtOnce), "BLOCK", std::to_string(kBlock.count()),
                      "STREAMS", stream, last_reply_});
  const auto answers = connection.run(commands);
  if (!answers) return false;
  const auto& entries = answers->back().at(0).at(1).list;
  std::vector<std::pair<std::string, JobResult>> results;
  for (const Answer& entry : entries) {
    const auto& fields = entry.at(1).list;
    std::string version, job, bytes;
    for (size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields[i].text == "v") version = fields[i + 1].text;
      if (fields[i].text == "job") job = fields[i + 1].text;
      if (fields[i].text == "result") bytes = fields[i + 1].text;
    }
    results.emplace_back(std::move(job), version == kProtocol
                                             ? decode_result(bytes)
                                             : fail(ErrorCode::unavailable,
                                                    "the worker that answered speaks another version of the protocol"));
    last_reply_ = entry.at(0).text;
  }
  MutexLock lock(mutex_);
  ++reads_;
  for (auto& [job, result] : results) {
    const auto found = callers_.find(job);
    if (found != callers_.end()) answer(*found->second, std::move(result));
  }
  return true;
}

}  // namespace uie::redis

namespace uie {

Result<std::unique_ptr<RedisFront>> make_redis_front(const RedisOptions& options, const QueueOptions& limits,
                                                     Metrics& metrics) {
  auto address = redis::read_address(options);
  if (!address) return Unexpected(address.error());
  auto front = std::make_unique<redis::Front>(options, *std::move(address), limits, metrics);
  front->start();
  return front;
}

}  // namespace uie
