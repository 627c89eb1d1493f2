// One text on its way through the engine, and its queries while they are away.
//
// A flight moves as a whole. A planner steps it and sends a round of queries out; from then on the flight belongs to
// its outstanding queries, each of which writes one result slot, and the one that is resolved last lands the flight at
// the planners again. So a flight has one owner at any time and needs no lock. A query that is destroyed unresolved
// resolves itself with an error: whatever happens to a batch, every flight lands.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/ticket.h"
#include "uie/extract/extraction.h"
#include "uie/model/query.h"

namespace uie::engine {

struct Flight {
  Flight(JobQueue& queue, Permits& permits, Stages& stages) : ticket(queue, permits, stages) {}

  // Made empty first, so that a job that has been taken cannot be lost for want of memory.
  void board(Job job) noexcept;

  Ticket ticket;
  std::string request_id;
  Clock::time_point accepted;
  Deadline deadline;
  Task task;                               // until the extraction begins
  std::unique_ptr<Extraction> extraction;  // null until then
  Timing timing;
  size_t tokens_asked = 0;  // of all rounds

  // The round that is out, or has just landed: result i is that of query number first_query + i.
  std::vector<Query> queries;
  std::vector<Result<QueryResult>> results;
  size_t first_query = 0;
  Clock::time_point launched;
  std::atomic<size_t> outstanding = 0;
};

using FlightPtr = std::unique_ptr<Flight>;

// Where flights land.
class FlightSink {
 public:
  virtual ~FlightSink() = default;
  virtual void land(FlightPtr flight) noexcept = 0;  // thread safe
};

// A query waiting for a device or running on one. Move only; owned by one thread at a time.
class PendingQuery {
 public:
  PendingQuery(Flight& flight, size_t slot, Clock::time_point due, FlightSink& home) noexcept
      : flight_(&flight), home_(&home), slot_(slot), due_(due) {}
  PendingQuery(PendingQuery&& other) noexcept { *this = std::move(other); }
  PendingQuery& operator=(PendingQuery&& other) noexcept;
  ~PendingQuery();

  bool spent() const { return !flight_; }
  const Query& query() const { return flight_->queries[slot_]; }
  const Flight& flight() const { return *flight_; }
  Clock::time_point due() const { return due_; }

  // Gives the result; the query is spent, and flight() with it. Once.
  void resolve(Result<QueryResult> result) noexcept;

  int attempts = 0;  // runs that failed with this query alone in the batch
  Clock::time_point put;

 private:
  Flight* flight_ = nullptr;  // null: spent
  FlightSink* home_ = nullptr;
  size_t slot_ = 0;
  Clock::time_point due_;
};

// Sends a round out. `queries` is not empty. The flight belongs to the returned queries from here on.
std::vector<PendingQuery> launch(FlightPtr flight, std::vector<Query> queries, FlightSink& home);

}  // namespace uie::engine
