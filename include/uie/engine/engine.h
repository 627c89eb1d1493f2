// Batches, schedules and runs extractions of one model on its devices.
//
// Threads: one intake, `planners` planners, one a device. Flow: queue → intake → planner (Extraction::next) → Batcher →
// device (Encoder::run) → planner (Extraction::feed) → … → queue.finish.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "uie/base/metrics.h"
#include "uie/base/option.h"
#include "uie/base/result.h"
#include "uie/extract/family.h"
#include "uie/model/encoder.h"
#include "uie/queue/job_queue.h"

namespace uie {

struct EngineOptions {
  int planners = 2;             // threads that tokenise, plan and decode, 1 to 16
  size_t max_batch_tokens = 0;  // tokens of one batch; 0: the device's own default
  size_t max_batch_area = 0;    // sum of L² of one batch; 0: the device's own default
  size_t max_batch_size = 0;    // queries of one batch; 0: no limit
  size_t max_in_flight = 256;   // extractions being worked on; more wait in the queue
  double linger_ms = 0;         // how long an idle device waits for company when a batch would be tiny

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(planners, OptionInfo{"planners", "threads", "threads that tokenise, plan and decode"});
    visitor(max_batch_tokens,
            OptionInfo{"max-batch-tokens", "tokens", "tokens of one batch; 0: the device's own default"});
    visitor(max_batch_area,
            OptionInfo{"max-batch-area", "cells", "sum of squared lengths of one batch; 0: the device's own default"});
    visitor(max_batch_size, OptionInfo{"max-batch-size", "queries", "encoder queries of one batch; 0: no limit"});
    visitor(max_in_flight, OptionInfo{"max-in-flight", "texts",
                                      "texts being worked on at once, very long ones counting for several; more wait"});
    visitor(linger_ms,
            OptionInfo{"linger", "ms", "how long an idle device waits for company when a batch would be tiny"});
  }
};

// What one batch may hold.
struct Budget {
  size_t max_tokens, max_area, max_queries;
};

enum class DeviceHealth { healthy, failing, gone };

struct DeviceStatus {
  EncoderInfo info;
  DeviceHealth health = DeviceHealth::healthy;
  Budget budget{};
  uint64_t batches = 0, queries = 0, tokens = 0, failures = 0;
  LowerHalfCounts lower_half;  // of the encoder in use
  std::string last_error;
};

struct EngineStatus {
  std::vector<DeviceStatus> devices;
  size_t in_flight = 0;        // extractions
  size_t pending_queries = 0;  // in the batcher
  bool ready = false;          // at least one device is healthy
};

// Starts its threads in start(), joins them in stop() (also in the destructor). start and stop: one thread.
class Engine {
 public:
  // Makes the encoder of one device inside that device's thread, so that device state is born where it is used.
  using EncoderFactory = std::function<Result<std::unique_ptr<Encoder>>()>;

  Engine(std::shared_ptr<const Family> family, std::vector<EncoderFactory> devices, JobQueue& queue,
         const EngineOptions& options, Metrics& metrics = no_metrics());
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Waits until every device is loaded or has failed. Errors: of the first device when none could be loaded.
  Result<void> start();

  // Finishes what was taken, and what the closed queue still holds, then joins. Close the queue first to drain;
  // after `patience` the rest is answered with `unavailable`.
  void stop(std::chrono::milliseconds patience = std::chrono::milliseconds(30'000));

  EngineStatus status() const;  // thread safe

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace uie
