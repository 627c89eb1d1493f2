// The threads of Worker.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "queue/redis_codec.h"
#include "queue/redis_script_call.h"
#include "queue/redis_scripts.h"
#include "queue/redis_worker.h"
#include "uie/base/log.h"
#include "uie/base/thread_name.h"

namespace uie::redis {
namespace {

using std::chrono::milliseconds;

constexpr size_t kTakenOverAtOnce = 16;
// While the engine has more work an answer waits so long for others: they come in swarms, when a batch ends.
constexpr std::chrono::microseconds kSwarm{300};
constexpr uint64_t kMostTriedEvery = 4;
constexpr milliseconds kBeat{1'000};
constexpr milliseconds kBeatLives{5'000};

}  // namespace

// --- the taker ---

void Worker::fetch() noexcept {
  name_thread("uie-redis-take");
  Backoff backoff;
  while (await_demand()) {
    if (attempt(taker_, "taking from the queue", [&] { return take_up_own() && fetch_some(); })) {
      backoff.reset();
      continue;
    }
    {
      MutexLock lock(mutex_);
      away_ = true;
      changed_.notify_all();
    }
    pause(backoff);
  }
  MutexLock lock(mutex_);
  left_ = true;
  changed_.notify_all();
}

// Until somebody wants a job that is not there, or Redis is to be told something. False: stop.
bool Worker::await_demand() {
  MutexLock lock(mutex_);
  while (!stopping_ && untold_.empty() && !wants_more()) changed_.wait(lock);
  return !stopping_;
}

bool Worker::wants_more() const { return !closed_ && announced_ && !on_trial() && takers_ > ready_.size(); }

// A look, and when nothing is there a wait in Redis.
bool Worker::fetch_some() {
  bool look = false;
  {
    MutexLock lock(mutex_);
    away_ = false;
    look = wants_more();
    if (look) ++polls_begun_;
  }
  if (!look) return tell_taken();
  if (!read_stream({})) return false;
  bool wait = false;
  {
    MutexLock lock(mutex_);
    ++polls_done_;
    wait = wants_more();
    blocked_ = wait;
    changed_.notify_all();
  }
  if (!wait) return true;
  const bool done = read_stream({"BLOCK", std::to_string(kBlock.count())});
  set_blocked(false);
  return done;
}

// One round trip: tells what was taken before, and reads.
bool Worker::read_stream(const Command& options) {
  Command read{"XREADGROUP", "GROUP", kGroup, instance_, "COUNT", std::to_string(at_once_)};
  read.insert(read.end(), options.begin(), options.end());
  read.insert(read.end(), {"STREAMS", keys_.jobs(), ">"});
  std::vector<Command> commands;
  if (!untold_.empty()) commands.push_back(taken_command());
  commands.push_back(std::move(read));
  const auto answers = taker_.run(commands);
  if (!answers) return false;
  if (!untold_.empty()) hear_taken(answers->front());
  auto entries = read_entries(answers->back());
  at_once_ = entries.size() < at_once_ ? kEntriesAtOnce : std::min(2 * at_once_, kMostAtOnce);
  return accept_fresh(std::move(entries));
}

void Worker::set_blocked(bool blocked) {
  MutexLock lock(mutex_);
  blocked_ = blocked;
}

// On a new connection: makes the group, and takes up what Redis thinks this worker has. At the start that is what it
// held when it died, and suspect; later, what an answer that got lost carried.
bool Worker::take_up_own() {
  if (taker_generation_ == taker_.generation()) return true;
  const auto made = taker_.run({{"XGROUP", "CREATE", keys_.jobs(), kGroup, "0", "MKSTREAM"}});
  if (!made) return false;
  const bool restarted = taker_generation_ == 0;
  std::string after = "0";
  for (;;) {
    const auto answers =
        taker_.run({{"XREADGROUP", "GROUP", kGroup, instance_, "COUNT", "100", "STREAMS", keys_.jobs(), after}});
    if (!answers) return false;
    auto entries = read_entries(answers->front());
    if (entries.empty()) break;
    after = entries.back().entry;
    std::vector<Entry> fresh;
    std::vector<Incoming> suspects;
    for (Entry& entry : entries) {
      if (entry.job.empty()) {  // deleted while it was pending: cancelled
        if (!taker_.run({{"XACK", keys_.jobs(), kGroup, entry.entry}})) return false;
      } else if (!holds(entry.entry) && !restarted) {
        fresh.push_back(std::move(entry));
      } else if (!holds(entry.entry)) {
        const auto trials = taker_.run({{"HGET", keys_.trials(), entry.job}});
        if (!trials) return false;
        suspects.push_back({std::move(entry), std::atoi(trials->front().text.c_str())});
        redelivered_.add();
      }
    }
    if (!accept_fresh(std::move(fresh)) || !add_texts(taker_, suspects)) return false;
    hold(std::move(suspects));
  }
  taker_generation_ = taker_.generation();
  return true;
}

// Into hand at once; Redis' count of what waits follows. Who cancels in between is heard then.
bool Worker::accept_fresh(std::vector<Entry> entries) {
  if (entries.empty()) return true;
  std::vector<Incoming> incoming;
  for (Entry& entry : entries) {
    untold_.push_back({entry.job, entry.entry});
    incoming.push_back({std::move(entry)});
  }
  if (!add_texts(taker_, incoming)) return false;
  hold(std::move(incoming));
  return true;
}

Command Worker::taken_command() const {
  Command arguments{kGroup};
  for (const Taken& taken : untold_) arguments.insert(arguments.end(), {taken.job, taken.entry});
  return call_script(scripts::taken, {keys_.jobs(), keys_.live(), keys_.waiting(), keys_.chars()}, arguments);
}

void Worker::hear_taken(const Answer& wanted) {
  std::set<std::string> gone;
  for (size_t i = 0; i < untold_.size(); ++i) {
    if (wanted.at(i).integer == 0) gone.insert(untold_[i].entry);
  }
  untold_.clear();
  if (gone.empty()) return;
  MutexLock lock(mutex_);
  for (auto& [id, held] : held_) held.cancelled |= gone.contains(held.entry);
}

bool Worker::tell_taken() {
  if (untold_.empty()) return true;
  const auto answers = taker_.run({taken_command()});
  if (answers) hear_taken(answers->front());
  return answers.has_value();
}

bool Worker::add_texts(Connection& connection, std::vector<Incoming>& incoming) {
  for (auto& [entry, trials] : incoming) {
    if (!entry.beside) continue;
    auto answers = connection.run({{"GET", keys_.text(entry.job)}});
    if (!answers) return false;
    entry.task = std::move(answers->front().text);
  }
  return true;
}

// --- the carrier ---

void Worker::carry() noexcept {
  name_thread("uie-redis-work");
  Backoff backoff;
  while (await_work()) {
    if (attempt(carrier_, "the worker's errands",
                [&] { return beat() && send_answers() && start_trial() && renew() && take_over(); })) {
      backoff.reset();
      continue;
    }
    pause(backoff);
  }
  leave();
}

bool Worker::await_work() {
  if (carrier_generation_ != carrier_.generation()) return true;
  const Deadline next = std::min({next_beat_, next_renewal_, next_takeover_});
  MutexLock lock(mutex_);
  const auto work = [&]() UIE_REQUIRES(mutex_) { return !outgoing_.empty() || may_try() || (card_ && !announced_); };
  while (!stopping_ && !work() && !next.expired()) errands_.wait(lock, next);
  const Deadline swarm = Deadline::at(std::chrono::steady_clock::now() + kSwarm);
  while (!stopping_ && !outgoing_.empty() && outgoing_.size() < kAnswersAtOnce && working_ > 0 &&
         errands_.wait(lock, swarm)) {
  }
  return !stopping_;
}

bool Worker::beat() {
  if (carrier_generation_ != carrier_.generation()) {
    // A fleet comes back piece by piece: who is first must not take over from those who need a moment longer.
    next_beat_ = next_renewal_ = Deadline::after(milliseconds(0));
    next_takeover_ = Deadline::after(std::max(claim_ / 2, carrier_generation_ == 0 ? milliseconds(0) : 3 * kBeat));
    carrier_generation_ = carrier_.generation();
  }
  std::optional<WorkerCard> card;
  {
    MutexLock lock(mutex_);
    if (!closed_ && (next_beat_.expired() || !announced_)) card = card_;
  }
  if (next_beat_.expired()) next_beat_ = Deadline::after(kBeat);
  if (!card) return true;
  const auto answers =
      carrier_.run({{"XGROUP", "CREATE", keys_.jobs(), kGroup, "0", "MKSTREAM"},
                    call_script(scripts::heartbeat, {keys_.workers(), fleet_keys_.cards()},
                                {instance_, std::to_string(kBeatLives.count()), model_, encode(*card)})});
  if (!answers) return false;
  MutexLock lock(mutex_);
  announced_ = card_.has_value();  // not withdrawn meanwhile
  changed_.notify_all();
  return true;
}

// What Redis did not confirm stays and is sent again; an answer that got there twice is stored once.
bool Worker::send_answers() {
  std::vector<JobId> sent;
  std::vector<Command> commands;
  {
    MutexLock lock(mutex_);
    for (const Outgoing& out : outgoing_) {
      if (sent.size() == kAnswersAtOnce) break;
      const Held& held = held_.at(out.id);
      Command keys{
          keys_.jobs(),         keys_.live(),   keys_.waiting(), keys_.chars(), fleet_keys_.replies(held.replies),
          keys_.text(held.job), keys_.trials(), keys_.done()};
      Command arguments{kGroup, held.job, held.entry, out.result, kProtocol, out.worked ? "1" : "0"};
      if (!out.dead.empty()) {
        keys.push_back(keys_.dead());
        arguments.push_back(out.dead);
      }
      commands.push_back(call_script(out.dead.empty() ? scripts::finish : scripts::bury, keys, arguments));
      sent.push_back(out.id);
    }
  }
  if (sent.empty()) return true;
  const auto answers = carrier_.run(commands);
  if (!answers) return false;
  for (const Answer& answer : *answers) {
    if (answer.is_error()) log_error("Redis refused to store an answer: " + answer.text);
  }
  MutexLock lock(mutex_);
  for (const JobId id : sent) {
    outgoing_.pop_front();
    held_.erase(id);
    if (trial_ == id) trial_ = 0;
  }
  changed_.notify_all();
  return true;
}

// Written down first: if this worker dies now, the trial counts.
bool Worker::start_trial() {
  std::string job;
  {
    MutexLock lock(mutex_);
    if (!may_try()) return true;
    if (++trials_run_ % kMostTriedEvery == 0) std::rotate(suspects_.begin(), suspects_.end() - 1, suspects_.end());
    trial_ = suspects_.front().id;
    job = held_.at(trial_).job;
  }
  const auto answers = carrier_.run({{"HINCRBY", keys_.trials(), job, "1"}});
  MutexLock lock(mutex_);
  if (!answers) {
    trial_ = 0;
    return false;
  }
  called_ = std::move(suspects_.front());
  suspects_.pop_front();
  changed_.notify_all();
  return true;
}

bool Worker::renew() {
  if (!next_renewal_.expired()) return true;
  Command command{"XCLAIM", keys_.jobs(), kGroup, instance_, "0"};
  const size_t words = command.size();
  {
    MutexLock lock(mutex_);
    for (const auto& [id, held] : held_) command.push_back(held.entry);
  }
  if (command.size() > words) {
    command.push_back("JUSTID");
    if (!carrier_.run({command})) return false;
  }
  next_renewal_ = Deadline::after(claim_ / 3);
  return true;
}

bool Worker::take_over() {
  if (!next_takeover_.expired()) return true;
  {
    MutexLock lock(mutex_);
    if (!announced_ || closed_ || suspects_.size() >= kTakenOverAtOnce) {
      next_takeover_ = Deadline::after(claim_ / 4);
      return true;
    }
  }
  const auto answers = carrier_.run(
      {call_script(scripts::reclaim, {keys_.jobs(), keys_.trials()},
                   {kGroup, instance_, std::to_string(claim_.count()), "0-0", std::to_string(kTakenOverAtOnce)})});
  if (!answers) return false;
  const auto& found = answers->front().list;
  std::vector<Incoming> suspects;
  for (size_t i = 1; i < found.size(); ++i) {
    Incoming arrived{to_entry(found[i]), static_cast<int>(found[i].at(2).integer)};
    if (holds(arrived.entry.entry)) continue;
    redelivered_.add();
    suspects.push_back(std::move(arrived));
  }
  if (!add_texts(carrier_, suspects)) return false;
  hold(std::move(suspects));
  next_takeover_ = Deadline::after(found.size() > 1 ? milliseconds(200) : claim_ / 4);
  return true;
}

// The last errands, as far as Redis is there: nothing waits for it here.
void Worker::leave() noexcept {
  try {
    if (!carrier_.connect() || !unblock_readers() || !send_answers()) return;
    Command arguments{kGroup};
    {
      MutexLock lock(mutex_);
      for (const auto* waiting : {&ready_, &suspects_}) {
        for (const Job& job : *waiting) {
          const Held& held = held_.at(job.id);
          arguments.insert(arguments.end(), {held.job, held.entry});
        }
      }
      if (called_) arguments.insert(arguments.end(), {held_.at(called_->id).job, held_.at(called_->id).entry});
    }
    carrier_.run(
        {call_script(scripts::put_back, {keys_.jobs(), keys_.live(), keys_.waiting(), keys_.chars()}, arguments),
         {"ZREM", keys_.workers(), instance_}});
  } catch (const std::exception& error) {
    log_error(std::string("leaving the fleet failed: ") + error.what());
  }
}

bool Worker::unblock_readers() {
  const Deadline end = Deadline::after(2 * kBlock);
  for (;;) {
    std::vector<Command> commands;
    for (const Connection* connection : {&taker_, &listener_}) {
      if (const int64_t id = connection->id(); id != 0) commands.push_back({"CLIENT", "UNBLOCK", std::to_string(id)});
    }
    if (!commands.empty() && !carrier_.run(commands)) return false;
    MutexLock lock(mutex_);
    if (left_ || !changed_.wait(lock, Deadline::after(milliseconds(50))) || end.expired()) {
      if (left_ || end.expired()) return true;
    }
  }
}

// --- the listener ---

void Worker::listen() noexcept {
  name_thread("uie-redis-gone");
  Backoff backoff;
  while (!stopping()) {
    if (attempt(listener_, "listening for cancellations", [&] { return hear_some(); })) {
      backoff.reset();
      continue;
    }
    pause(backoff);
  }
}

bool Worker::hear_some() {
  if (last_cancel_ == "$") {  // from now on; an id, for "$" would mean another now in the next command
    const auto last = listener_.run({{"XREVRANGE", keys_.cancels(), "+", "-", "COUNT", "1"}});
    if (!last) return false;
    last_cancel_ = last->front().at(0).at(0).text;
    if (last_cancel_.empty()) last_cancel_ = "0-0";
  }
  const auto answers = listener_.run(
      {{"XREAD", "COUNT", "1000", "BLOCK", std::to_string(kBlock.count()), "STREAMS", keys_.cancels(), last_cancel_}});
  if (!answers) return false;
  std::set<std::string> gone;
  for (const Answer& entry : answers->front().at(0).at(1).list) {
    last_cancel_ = entry.at(0).text;
    gone.insert(entry.at(1).at(1).text);
  }
  if (gone.empty()) return true;
  MutexLock lock(mutex_);
  for (auto& [id, held] : held_) held.cancelled |= gone.contains(held.job);
  return true;
}

}  // namespace uie::redis
