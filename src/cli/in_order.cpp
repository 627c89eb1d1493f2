#include "cli/in_order.h"

namespace uie::cli {

InOrder::InOrder(JobQueue& queue, size_t window)
    : queue_(queue), entries_(window), consumer_([this] { consume_all(); }) {}

InOrder::~InOrder() { finish(); }

void InOrder::submit(Task task, Consume consume) {
  while (true) {
    Job job;
    job.task = task;  // kept for another try: a full queue is waited for, not reported
    auto reply = queue_.submit(std::move(job));
    if (reply) {
      entries_.push(Entry{std::move(*reply), {}, std::move(consume)});
      return;
    }
    if (reply.error().code != ErrorCode::overloaded) return answer(reply.error(), std::move(consume));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void InOrder::answer(Error error, Consume consume) {
  entries_.push(Entry{nullptr, std::move(error), std::move(consume)});
}

void InOrder::finish() {
  entries_.close();
  if (consumer_.joinable()) consumer_.join();
}

void InOrder::consume_all() {
  while (auto entry = entries_.pop()) {
    if (!entry->reply) {
      entry->consume(Unexpected(entry->error));
      continue;
    }
    auto result = entry->reply->wait(Deadline::never());
    entry->consume(result ? std::move(*result) : JobResult(fail(ErrorCode::unavailable, "the engine gave no answer")));
  }
}

}  // namespace uie::cli
