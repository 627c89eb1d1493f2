// A thread that answers the lines of batches, a few at a time, beside the requests that somebody waits for.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "server/site.h"
#include "uie/queue/batch_store.h"

namespace uie {

class BatchRunner {
 public:
  // All must outlive it.
  BatchRunner(BatchStore& store, const Site& site);
  ~BatchRunner() { stop(); }
  BatchRunner(const BatchRunner&) = delete;
  BatchRunner& operator=(const BatchRunner&) = delete;

  // What is not answered yet goes back to the store.
  void stop();

 private:
  void run();
  void work_on_batch(const BatchWork& work);

  BatchStore& store_;
  const Site& site_;
  std::atomic<bool> stopping_{false};
  const std::shared_ptr<Wire> wire_;  // of no client: its going tells the queue that nobody waits any more
  std::thread thread_;
};

}  // namespace uie
