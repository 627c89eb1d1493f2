#include "engine/intake.h"

#include "uie/base/log.h"

namespace uie::engine {
namespace {

// How long stop() may go unnoticed by a thread that waits for a job or for a permit.
constexpr std::chrono::milliseconds kAttention{100};

}  // namespace

void Intake::start() {
  thread_ = std::thread([this] { work(); });
}

void Intake::stop(Deadline patience) {
  if (!thread_.joinable()) return;
  patience_ = patience;
  stopping_ = true;
  thread_.join();
}

void Intake::work() noexcept {
  for (bool more = true; more;) {
    try {
      more = take_one();
    } catch (const std::exception& error) {  // the job, if there was one, has been answered by its ticket
      log_error("the intake failed:");
      log_error(error.what());
      std::this_thread::sleep_for(kAttention);
    }
  }
}

// False when there will be no more.
bool Intake::take_one() {
  const bool closed = queue_.closed();  // asked before take(): what came in until then is there to be taken
  const bool stopping = stopping_;
  if (stopping && (!closed || patience_.expired())) return false;
  if (!permits_.pop(Deadline::after(kAttention))) return true;
  auto flight = std::make_unique<Flight>(queue_, permits_, stages_);
  auto job = queue_.take(Deadline::after(stopping ? std::chrono::milliseconds(0) : kAttention));
  if (!job) return !closed;
  flight->board(std::move(*job));
  stages_.queue.observe(flight->timing.queue);
  planners_.land(std::move(flight));
  return true;
}

}  // namespace uie::engine
