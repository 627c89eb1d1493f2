// A device pulls batches and runs them; most of this file is about what happens when a run fails.
//
// A failed batch is halved until it runs or one query is left. `unavailable` (out of memory) also halves the budget,
// which grows back slowly. A query that fails alone is tried once more, alone, perhaps on another device; then its
// text gets the error, and no other does. To tell a poisoned query from a sick device, a query that is known to run is
// run after it: if that fails too the device is failing. It gives its queries back, is probed with growing pauses and
// gets a new encoder when probing does not help. While no device is healthy, what waits is answered `unavailable` at
// each failed probe, so that nobody waits for a device that does not come back.
#include "engine/device.h"

#include <algorithm>
#include <charconv>

#include "engine/budget.h"
#include "uie/base/log.h"
#include "uie/base/thread_name.h"

namespace uie::engine {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxAttempts = 2;
constexpr int kMaxSuspicions = 3;       // for a device that has nothing to be probed with
constexpr size_t kSmallestBudget = 64;  // tokens; a single query may always exceed it
constexpr int kBatchesBeforeGrowth = 64;
constexpr milliseconds kFirstPause{50}, kLongestPause{5'000};
constexpr int kProbesBeforeReload = 2;
constexpr double kLongestLingerMs = 10'000;

constexpr const char* kNoDevice = "no device can run the model at the moment; try again later";
constexpr const char* kDefect = "the model could not run this text; the server's log says why";

// What a caller may know of an encoder's error.
Error for_caller(const Error& error) {
  if (error.code == ErrorCode::unavailable) return {ErrorCode::unavailable, kNoDevice, ""};
  return {ErrorCode::internal, kDefect, ""};
}

// The query that the encoder blames; nothing when it names none.
std::optional<size_t> blamed(const Error& error, size_t count) {
  size_t index = 0;
  const char* const end = error.where.data() + error.where.size();
  const auto parsed = std::from_chars(error.where.data(), end, index);
  if (error.code != ErrorCode::invalid_request || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return index < count ? std::optional(index) : std::nullopt;
}

template <class Work>
auto guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, std::string("the encoder threw: ") + error.what());
  } catch (...) {
    return fail(ErrorCode::internal, "the encoder threw something");
  }
}

// The same shape with ids that say nothing.
Query anonymous(Query query) {
  if (auto* link = std::get_if<LinkQuery>(&query)) std::fill(link->ids.begin(), link->ids.end(), 0);
  if (auto* pointer = std::get_if<PointerQuery>(&query)) {
    std::fill(pointer->text_ids.begin(), pointer->text_ids.end(), 0);
    std::fill(pointer->hint_ids.begin(), pointer->hint_ids.end(), 0);
  }
  return query;
}

}  // namespace

void Device::start() {
  thread_ = std::thread([this] { run(); });
}

Result<void> Device::loaded() {
  auto outcome = loaded_.pop();
  return outcome ? *outcome : fail(ErrorCode::internal, "the device's thread ended before it loaded the encoder");
}

void Device::stop() {
  quit_.close();
  if (thread_.joinable()) thread_.join();
}

void Device::run() noexcept try {
  name_thread("uie-device");
  auto outcome = load();
  if (!outcome) log_error("a device could not be loaded: " + outcome.error().message);
  const bool usable = outcome.has_value();
  if (usable) set_health(DeviceHealth::healthy);
  loaded_.push(std::move(outcome));
  if (usable) serve();
  encoder_.reset();  // device state dies in the thread where it was born
  set_health(DeviceHealth::gone);
} catch (...) {
  loaded_.close();
}

Result<void> Device::load() {
  encoder_.reset();
  auto made = guarded(make_);
  if (made && !*made) made = fail(ErrorCode::internal, "the encoder factory gave nothing");
  if (!made) {
    status_.last_error = made.error().message;
    set_health(DeviceHealth::gone);
    return Unexpected(std::move(made.error()));
  }
  encoder_ = std::move(*made);
  status_.lower_half = {};
  status_.info = encoder_->info();
  if (!meters_) meters_.emplace(metrics_, status_.info.device);
  full_budget_ = status_.budget = budget_for(status_.info, options_);
  meters_->budget_tokens.set(static_cast<double>(status_.budget.max_tokens));
  return {};
}

// Nothing that a batch or a probe throws ends the thread: the batch has resolved itself on the way out.
void Device::serve() {
  for (bool more = true; more;) {
    try {
      more = (status_.health == DeviceHealth::healthy || recover()) && turn();
      publish();
    } catch (const std::exception& error) {
      log_error("a batch was lost on a device:");
      log_error(error.what());
      more = !wait_for_quit(kFirstPause);
    } catch (...) {
      log_error("a batch was lost on a device");
      more = !wait_for_quit(kFirstPause);
    }
  }
}

// One batch; false when the batcher is closed.
bool Device::turn() {
  const double linger_ms = std::clamp(options_.linger_ms, 0.0, kLongestLingerMs);
  const auto linger = std::chrono::microseconds(static_cast<int64_t>(linger_ms * 1'000));
  Batch batch = batcher_.take(status_.budget, linger);
  if (batch.empty()) return false;
  const auto now = Clock::now();
  for (const PendingQuery& query : batch) stages_.batch_wait.observe(seconds_between(query.put, now));
  encode(batch);
  std::erase_if(batch, [](const PendingQuery& query) { return query.spent(); });
  if (!batch.empty()) batcher_.put(std::move(batch));
  return true;
}

// Runs the part or resolves it piece by piece. What is left unspent goes back to the batcher.
void Device::encode(std::span<PendingQuery> part) {
  if (part.empty() || status_.health != DeviceHealth::healthy) return;
  std::vector<const Query*> queries;
  queries.reserve(part.size());
  for (const PendingQuery& query : part) queries.push_back(&query.query());
  const auto start = Clock::now();
  auto results = call(queries);
  if (results) return succeed(part, std::move(*results), seconds_between(start, Clock::now()));

  const Error error = std::move(results.error());
  ++status_.failures;
  status_.last_error = error.message;
  meters_->failure(error.code).add();
  log_warn("a batch of " + std::to_string(part.size()) + " failed on " + status_.info.device + ": " + error.message);
  part.size() > 1 ? divide(part, error) : suspect(part.front(), error);
}

Result<std::vector<QueryResult>> Device::call(std::span<const Query* const> queries) {
  auto results = guarded([&] { return encoder_->run(queries); });
  if (results && results->size() != queries.size()) {
    return fail(ErrorCode::internal, "the encoder gave " + std::to_string(results->size()) + " results for " +
                                         std::to_string(queries.size()) + " queries");
  }
  return results;
}

void Device::succeed(std::span<PendingQuery> part, std::vector<QueryResult> results, double seconds) {
  Load load;
  for (const PendingQuery& query : part) load.add(cost(query.query()));
  stages_.device.observe(seconds);
  stages_.batch_tokens.observe(static_cast<double>(load.tokens));
  stages_.batch_queries.observe(static_cast<double>(part.size()));
  stages_.batch_fill.observe(static_cast<double>(load.tokens) / static_cast<double>(status_.budget.max_tokens));
  stages_.encoded_tokens.add(static_cast<double>(load.tokens));
  ++status_.batches;
  status_.queries += part.size();
  status_.tokens += load.tokens;
  suspicions_ = 0;
  count_lower_half();
  remember(part.front().query());
  grow_budget();
  for (size_t i = 0; i < part.size(); ++i) part[i].resolve(std::move(results[i]));
}

void Device::divide(std::span<PendingQuery> part, const Error& error) {
  if (const auto guilty = blamed(error, part.size())) {
    part[*guilty].resolve(Unexpected(for_caller(error)));
    encode(part.first(*guilty));
    encode(part.subspan(*guilty + 1));
    return;
  }
  if (error.code == ErrorCode::unavailable) {
    Load load;
    for (const PendingQuery& query : part) load.add(cost(query.query()));
    shrink_budget(load);
  }
  encode(part.first(part.size() / 2));
  encode(part.subspan(part.size() / 2));
}

// A query failed alone: is it the query, or the device?
void Device::suspect(PendingQuery& query, const Error& error) {
  const LogRequest log_request(query.flight().request_id);
  if (error.code == ErrorCode::invalid_request) {
    log_error("the encoder refused a query: " + error.message);
    return query.resolve(Unexpected(for_caller(error)));
  }
  ++suspicions_;
  if (!probe()) fail_health(error.message);
  if (++query.attempts < kMaxAttempts) return;
  log_error("a query failed alone " + std::to_string(kMaxAttempts) + " times: " + error.message);
  query.resolve(Unexpected(for_caller(error)));
}

// Does the device still run what it has run before?
bool Device::probe() {
  if (!encoder_) return false;
  if (!known_good_) return suspicions_ < kMaxSuspicions;
  const Query* const query = &*known_good_;
  const auto results = call({&query, 1});
  if (!results) status_.last_error = results.error().message;
  return results.has_value();
}

void Device::fail_health(const std::string& error) {
  log_error("device " + status_.info.device + " is failing: " + error);
  set_health(DeviceHealth::failing);
}

// Probes until the device works again; false when the engine stops first.
bool Device::recover() {
  milliseconds pause = kFirstPause;
  for (int probes = 1;; ++probes) {
    if (wait_for_quit(pause)) return false;
    pause = std::min(pause * 2, kLongestPause);
    const bool reload = probes > kProbesBeforeReload || !known_good_;
    if (reload ? load().has_value() && (!known_good_ || probe()) : probe()) break;
    set_health(encoder_ ? DeviceHealth::failing : DeviceHealth::gone);
    if (healthy_devices_ == 0) batcher_.reject_all({ErrorCode::unavailable, kNoDevice, ""});
  }
  log_info("device " + status_.info.device + " works again");
  suspicions_ = 0;
  status_.budget = full_budget_;
  set_health(DeviceHealth::healthy);
  return true;
}

bool Device::wait_for_quit(std::chrono::milliseconds pause) {
  quit_.pop(Deadline::after(pause));
  return quit_.closed();
}

// Before results go out, so that whoever has an answer finds its passes counted.
void Device::count_lower_half() {
  const LowerHalfCounts now = encoder_->lower_half();
  meters_->add_lower_half(status_.lower_half, now);
  status_.lower_half = now;
}

// Keeps the shape of a small query that runs.
void Device::remember(const Query& query) {
  if (known_good_ && cost(*known_good_).tokens <= 2 * cost(query).tokens) return;
  known_good_ = anonymous(query);
}

void Device::shrink_budget(const Load& load) {
  Budget& budget = status_.budget;
  budget.max_tokens = std::max(kSmallestBudget, std::min(budget.max_tokens, load.tokens / 2));
  budget.max_area = std::max(kSmallestBudget * kSmallestBudget, std::min(budget.max_area, load.area / 2));
  meters_->budget_tokens.set(static_cast<double>(budget.max_tokens));
  good_batches_ = 0;
}

void Device::grow_budget() {
  Budget& budget = status_.budget;
  if (budget.max_tokens >= full_budget_.max_tokens && budget.max_area >= full_budget_.max_area) return;
  if (++good_batches_ < kBatchesBeforeGrowth) return;
  budget.max_tokens = std::min(full_budget_.max_tokens, budget.max_tokens + budget.max_tokens / 4);
  budget.max_area = std::min(full_budget_.max_area, budget.max_area + budget.max_area / 4);
  meters_->budget_tokens.set(static_cast<double>(budget.max_tokens));
  good_batches_ = 0;
}

void Device::publish() { published_.set(status_); }

void Device::set_health(DeviceHealth health) {
  const bool is = health == DeviceHealth::healthy;
  if (counted_ != is) healthy_devices_ += is ? 1 : -1;
  counted_ = is;
  status_.health = health;
  if (meters_) meters_->healthy.set(is ? 1 : 0);
  publish();
}

}  // namespace uie::engine
