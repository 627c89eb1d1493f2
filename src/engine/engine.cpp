// Builds the engine's parts, connects them, and takes them down without losing a job.
#include "uie/engine/engine.h"

#include <algorithm>
#include <system_error>

#include "engine/device.h"
#include "engine/intake.h"
#include "engine/planner.h"

namespace uie {

using engine::Batcher;
using engine::Device;
using engine::Intake;
using engine::Permit;
using engine::Permits;
using engine::Planners;
using engine::Stages;

struct Engine::Impl {
  Impl(std::shared_ptr<const Family> family, std::vector<EncoderFactory> factories, JobQueue& job_queue,
       const EngineOptions& engine_options, Metrics& metrics)
      : options(engine_options),
        limit(std::max<size_t>(options.max_in_flight, 1)),
        queue(job_queue),
        stages(metrics),
        permits(limit),
        batcher(stages, planning),
        planners(std::move(family), batcher, stages, planning, limit),
        intake(queue, permits, limit, stages, planners) {
    for (size_t i = 0; i < limit; ++i) permits.push(Permit{});
    for (auto& make : factories) {
      devices.push_back(std::make_unique<Device>(std::move(make), batcher, stages, healthy_devices, options, metrics));
    }
  }

  Result<void> start_devices();
  bool gather_permits(Deadline deadline);
  void refuse_waiting();

  const EngineOptions options;
  const size_t limit;
  JobQueue& queue;
  Stages stages;
  Permits permits;
  std::atomic<size_t> planning = 0;
  std::atomic<int> healthy_devices = 0;
  Batcher batcher;
  Planners planners;
  std::vector<std::unique_ptr<Device>> devices;
  Intake intake;
  size_t gathered = 0;  // permits taken back by stop()
  bool running = false;
};

Engine::Engine(std::shared_ptr<const Family> family, std::vector<EncoderFactory> devices, JobQueue& queue,
               const EngineOptions& options, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(family), std::move(devices), queue, options, metrics)) {}

Engine::~Engine() { stop(); }

Result<void> Engine::start() try {
  impl_->running = true;
  auto started = impl_->start_devices();
  if (!started) {
    stop();
    return started;
  }
  impl_->planners.start(std::clamp(impl_->options.planners, 1, 16));
  impl_->intake.start();
  return {};
} catch (const std::system_error& error) {
  stop();
  return fail(ErrorCode::unavailable, std::string("the engine's threads could not be started: ") + error.what());
}

// Loads all at once. The error of the first when none could be loaded.
Result<void> Engine::Impl::start_devices() {
  if (devices.empty()) return fail(ErrorCode::unavailable, "the engine has no device");
  for (auto& device : devices) device->start();
  std::vector<Result<void>> outcomes;
  for (auto& device : devices) outcomes.push_back(device->loaded());
  const bool any = std::any_of(outcomes.begin(), outcomes.end(), [](const auto& loaded) { return loaded.has_value(); });
  return any ? Result<void>() : outcomes.front();
}

void Engine::stop(std::chrono::milliseconds patience) {
  if (!std::exchange(impl_->running, false)) return;
  const Deadline end = Deadline::after(patience);
  impl_->intake.stop(end);
  impl_->gather_permits(end);
  impl_->batcher.close();  // answers what still waits there
  impl_->refuse_waiting();
  impl_->gather_permits(Deadline::never());  // a batch that runs is never interrupted
  for (auto& device : impl_->devices) device->stop();
  impl_->planners.stop();
}

// All permits back: no text is in flight. False when the deadline came first.
bool Engine::Impl::gather_permits(Deadline deadline) {
  while (gathered < limit && permits.pop(deadline)) ++gathered;
  return gathered == limit;
}

// A closed queue is ours to empty; an open one has other workers.
void Engine::Impl::refuse_waiting() {
  if (!queue.closed()) return;
  while (auto job = queue.take(Deadline::after(std::chrono::milliseconds(0)))) {
    queue.finish(job->id, fail(ErrorCode::unavailable, "the server stopped before it came to this text; try again"));
  }
}

EngineStatus Engine::status() const {
  EngineStatus status;
  for (const auto& device : impl_->devices) status.devices.push_back(device->status());
  status.in_flight = impl_->stages.flights();
  status.pending_queries = impl_->batcher.size();
  status.ready = std::any_of(status.devices.begin(), status.devices.end(),
                             [](const DeviceStatus& device) { return device.health == DeviceHealth::healthy; });
  return status;
}

}  // namespace uie
