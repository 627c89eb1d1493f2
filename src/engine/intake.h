// The thread that takes jobs from the queue, as many as may be in flight.
#pragma once

#include <atomic>
#include <thread>

#include "engine/flight.h"

namespace uie::engine {

class Intake {
 public:
  // limit: how many permits there are.
  Intake(JobQueue& queue, Permits& permits, size_t limit, Stages& stages, FlightSink& planners)
      : queue_(queue), permits_(permits), limit_(limit), stages_(stages), planners_(planners) {}
  ~Intake() { stop(Deadline::after(std::chrono::milliseconds(0))); }

  void start();

  // Takes what a closed queue still holds until `patience`, from an open one nothing more; then joins.
  void stop(Deadline patience);

 private:
  void work() noexcept;
  bool take_one();

  JobQueue& queue_;
  Permits& permits_;
  const size_t limit_;
  Stages& stages_;
  FlightSink& planners_;
  std::atomic<bool> stopping_ = false;
  Deadline patience_;  // written before stopping_, read after it
  std::thread thread_;
};

}  // namespace uie::engine
