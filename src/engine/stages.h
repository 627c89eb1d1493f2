// The engine's metrics, made once: a histogram for each stage of a text's life, and what batches look like.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <string>

#include "uie/base/metrics.h"
#include "uie/base/result.h"
#include "uie/model/encoder.h"
#include "uie/queue/job_queue.h"

namespace uie::engine {

using Clock = std::chrono::steady_clock;

inline double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// Thread safe.
struct Stages {
  explicit Stages(Metrics& metrics);

  // The counter of answers like this one.
  Counter& finished(const JobResult& result);

  Histogram &queue, &plan, &batch_wait, &device, &decode, &total;  // seconds
  Histogram &batch_tokens, &batch_queries, &batch_fill;
  Counter &dropped_cancelled, &dropped_expired, &encoded_tokens;

  // Texts being worked on: between these two calls.
  void took_off() { flights_++, in_flight_.add(1); }
  void landed() { flights_--, in_flight_.add(-1); }
  size_t flights() const { return flights_; }

 private:
  std::atomic<size_t> flights_ = 0;
  Gauge& in_flight_;
  Counter& ok_;
  std::array<Counter*, 11> failed_;  // by ErrorCode
};

// The metrics of one device.
struct DeviceMeters {
  DeviceMeters(Metrics& metrics, const std::string& device);
  Counter& failure(ErrorCode code);

  // What an encoder counted since `before`. A model without lower halves gets no such counters.
  void add_lower_half(const LowerHalfCounts& before, const LowerHalfCounts& now);

  Gauge &healthy, &budget_tokens;

 private:
  Metrics& metrics_;
  const std::string device_;
};

}  // namespace uie::engine
