#include "engine/planner.h"

#include "uie/base/log.h"
#include "uie/base/thread_name.h"

namespace uie::engine {
namespace {

constexpr const char* kDefect = "the server could not work on this text; its log says why";

// Time since it was made or last asked.
class Stopwatch {
 public:
  double lap() { return seconds_between(std::exchange(start_, Clock::now()), Clock::now()); }

 private:
  Clock::time_point start_ = Clock::now();
};

// A flight counts as being planned until its queries are known, not until they are put: the batcher must not wait for
// company that has already come.
struct CountedOut {
  std::atomic<size_t>& planning;
  ~CountedOut() { --planning; }
};

}  // namespace

void Planners::start(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

void Planners::land(FlightPtr flight) noexcept {
  ++planning_;
  if (!landed_.push(std::move(flight))) --planning_;  // closed: the flight is dropped and its ticket answers
}

void Planners::stop() {
  landed_.close();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Planners::work() {
  name_thread("uie-planner");
  while (auto flight = landed_.pop()) step(std::move(*flight));
}

// Moves a flight on: to the batcher with its next round, or to its answer. Whatever is thrown on the way, the flight's
// ticket answers.
void Planners::step(FlightPtr flight) noexcept try {
  const LogRequest log_request(flight->request_id);
  try {
    auto queries = advance(*flight);
    if (!queries) {
      flight->ticket.answer(Unexpected(std::move(queries.error())));
    } else if (!queries->empty()) {
      batcher_.put(launch(std::move(flight), std::move(*queries), *this));
    } else {
      complete(*flight);
    }
  } catch (const std::exception& error) {
    log_error("a planner failed on a text:");
    log_error(error.what());
    if (flight) flight->ticket.answer(fail(ErrorCode::internal, kDefect));
  }
} catch (...) {
}

Result<std::vector<Query>> Planners::advance(Flight& flight) {
  const CountedOut counted_out{planning_};
  const bool abandoned = flight.ticket.abandoned();  // asked first: an expired job is abandoned too
  if (flight.deadline.expired()) return fail(ErrorCode::deadline, "the deadline passed while the text was worked on");
  if (abandoned) return fail(ErrorCode::cancelled, "the caller has gone");
  return flight.extraction ? feed(flight) : begin(flight);
}

std::vector<Query> Planners::begin(Flight& flight) {
  Stopwatch watch;
  flight.extraction = family_->begin(std::move(flight.task));
  auto queries = flight.extraction->next();
  flight.timing.tokenize = watch.lap();
  stages_.plan.observe(flight.timing.tokenize);
  return queries;
}

Result<std::vector<Query>> Planners::feed(Flight& flight) {
  Stopwatch watch;
  flight.timing.compute += seconds_between(flight.launched, Clock::now());
  for (size_t i = 0; i < flight.results.size(); ++i) {
    auto& result = flight.results[i];
    if (!result) return Unexpected(std::move(result.error()));
    auto fed = flight.extraction->feed(flight.first_query + i, std::move(*result));
    if (!fed) {
      log_error("an extraction refused a result: " + fed.error().message);
      return fail(ErrorCode::internal, kDefect);
    }
  }
  auto queries = flight.extraction->next();
  const double seconds = watch.lap();
  flight.timing.decode += seconds;
  stages_.decode.observe(seconds);
  return queries;
}

void Planners::complete(Flight& flight) {
  if (!flight.extraction->done()) {
    log_error("an extraction is not done and asks for nothing");
    return flight.ticket.answer(fail(ErrorCode::internal, kDefect));
  }
  Stopwatch watch;
  Extracted answer = flight.extraction->result();
  flight.timing.decode += watch.lap();
  flight.timing.total = seconds_between(flight.accepted, Clock::now());
  answer.timing = flight.timing;
  stages_.total.observe(flight.timing.total);
  flight.ticket.answer(std::move(answer));
}

}  // namespace uie::engine
