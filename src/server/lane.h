// Threads that answer requests. Each request holds one thread until it is answered, because it waits for the engine.
//
// There are two lanes: work, and a small one for health, metrics and pages, which therefore answer while every thread
// of the first waits.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "server/exchange.h"
#include "uie/base/metrics.h"
#include "uie/base/mutex.h"

namespace uie {

class Lane {
 public:
  using Worker = std::function<void(Exchange)>;

  // make_worker is called once in each thread. Threads are started as they are needed, at most max_threads.
  Lane(size_t max_threads, Gauge& waiting, std::function<Worker()> make_worker);
  ~Lane() { stop(); }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Never waits. What waits here is bounded by the number of connections: each has one request at a time.
  void put(Exchange exchange);

  // Works off what waits, then ends the threads. No put() after it.
  void stop();

 private:
  void run();
  void start_thread() UIE_REQUIRES(mutex_);

  const size_t max_threads_;
  Gauge& waiting_gauge_;
  const std::function<Worker()> make_worker_;

  Mutex mutex_;
  Condition changed_;
  std::deque<Exchange> waiting_ UIE_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ UIE_GUARDED_BY(mutex_);
  size_t idle_ UIE_GUARDED_BY(mutex_) = 0;  // threads that wait for work
  bool stopping_ UIE_GUARDED_BY(mutex_) = false;
};

}  // namespace uie
