// Many tasks in flight, answers in the order of submission: what the line-wise commands are built on.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "uie/base/channel.h"
#include "uie/queue/job_queue.h"

namespace uie::cli {

class InOrder {
 public:
  using Consume = std::function<void(JobResult)>;

  // window: the most tasks between submission and answer.
  InOrder(JobQueue& queue, size_t window);
  ~InOrder();

  // Waits for room. `consume` is called on one thread of this object, in the order of submission.
  void submit(Task task, Consume consume);
  // An answer that needs no engine (a bad line) keeps its place in the order.
  void answer(Error error, Consume consume);

  // Waits until everything is consumed. No submissions after it.
  void finish();

 private:
  struct Entry {
    std::unique_ptr<Reply> reply;
    Error error;  // when there is no reply
    Consume consume;
  };
  void consume_all();

  JobQueue& queue_;
  Channel<Entry> entries_;
  std::thread consumer_;
};

}  // namespace uie::cli
