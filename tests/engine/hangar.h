// Queries for shelves and batchers without an engine around them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/fakes.h"
#include "engine/shelf.h"

namespace uie::testing_support {

// Flights that nobody answers for: they land here.
class Hangar final : public engine::FlightSink {
 public:
  Hangar() : queue(make_in_process_queue({})), permits(1), stages(no_metrics()) {}
  void land(engine::FlightPtr flight) noexcept override { landed.push_back(std::move(flight)); }

  engine::Batch send(const std::vector<size_t>& lengths, Deadline deadline = Deadline::never(), size_t asked = 0) {
    Job job;
    job.task.deadline = deadline;
    replies.push_back(queue->submit(std::move(job)).value());
    auto flight = std::make_unique<engine::Flight>(*queue, permits, stages);
    flight->board(*queue->take(Deadline::never()));
    flight->tokens_asked = asked;
    std::vector<Query> queries;
    for (const size_t length : lengths) queries.push_back(link_query(std::vector<int32_t>(length, 1)));
    return launch(std::move(flight), std::move(queries), *this);
  }

  std::unique_ptr<JobQueue> queue;
  std::vector<std::unique_ptr<Reply>> replies;
  engine::Permits permits;
  engine::Stages stages;
  std::vector<engine::FlightPtr> landed;
};

}  // namespace uie::testing_support
