#include "engine/flight.h"

#include <algorithm>

namespace uie::engine {
namespace {

// Order of service. A query is due at its text's deadline, but at the latest a minute after the text came in: one
// without a deadline must not wait for ever behind a stream of those that have one.
constexpr auto kPatience = std::chrono::seconds(60);

// What a text asks for beyond its first query is due later, by 1 ms a token: a text of a thousand windows takes what
// the others leave, and at least a rate of 1,000 tokens a second, instead of the whole device until it is through.
constexpr auto kDelayPerToken = std::chrono::milliseconds(1);

}  // namespace

void Flight::board(Job job) noexcept {
  ticket.accept(job.id);
  request_id = std::move(job.request_id);
  accepted = job.accepted;
  deadline = job.task.deadline;
  task = std::move(job.task);
  timing.queue = seconds_between(accepted, Clock::now());
}

PendingQuery& PendingQuery::operator=(PendingQuery&& other) noexcept {
  std::swap(attempts, other.attempts);
  std::swap(put, other.put);
  std::swap(flight_, other.flight_);
  std::swap(home_, other.home_);
  std::swap(slot_, other.slot_);
  std::swap(due_, other.due_);
  return *this;
}

PendingQuery::~PendingQuery() {
  if (flight_) resolve(fail(ErrorCode::internal, "the server lost an encoder query; its log says more"));
}

void PendingQuery::resolve(Result<QueryResult> result) noexcept {
  Flight* const flight = std::exchange(flight_, nullptr);
  flight->results[slot_] = std::move(result);
  if (flight->outstanding.fetch_sub(1, std::memory_order_acq_rel) == 1) home_->land(FlightPtr(flight));
}

std::vector<PendingQuery> launch(FlightPtr flight, std::vector<Query> queries, FlightSink& home) {
  const size_t count = queries.size();
  std::vector<PendingQuery> pending;
  pending.reserve(count);
  flight->first_query += flight->queries.size();
  flight->results.assign(count, Result<QueryResult>());
  flight->queries = std::move(queries);
  flight->outstanding = count;
  flight->launched = Clock::now();
  const auto first_due = std::min(flight->deadline.when(), flight->accepted + kPatience);
  Flight& away = *flight.release();  // nothing below throws
  size_t tokens = away.tokens_asked;
  for (size_t slot = 0; slot < count; ++slot) {
    pending.emplace_back(away, slot, first_due + kDelayPerToken * tokens, home);
    tokens += cost(away.queries[slot]).tokens;
  }
  away.tokens_asked = tokens;
  return pending;
}

}  // namespace uie::engine
