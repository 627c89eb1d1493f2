#include "engine/intake.h"

#include <algorithm>

#include "uie/base/log.h"
#include "uie/base/thread_name.h"

namespace uie::engine {
namespace {

// How long stop() may go unnoticed by a thread that waits for a job or for a permit.
constexpr std::chrono::milliseconds kAttention{100};

// A long text counts for several: its queries take about 25 bytes a code point and hint, so 256 permits stand for some
// 400 MB of queries at most, and texts of the usual length take one each.
constexpr size_t kCharsPerPermit = 65'536;

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
  name_thread("uie-intake");
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
  const size_t permits = std::min<size_t>(1 + job->task.characters() / kCharsPerPermit, limit_);
  flight->board(std::move(*job));
  while (flight->ticket.permits() < permits && !(stopping_ && patience_.expired())) {
    if (permits_.pop(Deadline::after(kAttention))) flight->ticket.add_permit();
  }
  stages_.queue.observe(flight->timing.queue);
  planners_.land(std::move(flight));
  return true;
}

}  // namespace uie::engine
