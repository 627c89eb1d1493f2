#include "server/lane.h"

#include <system_error>
#include <utility>

#include "uie/base/log.h"

namespace uie {

Lane::Lane(size_t max_threads, Gauge& waiting, std::function<Worker()> make_worker)
    : max_threads_(max_threads), waiting_gauge_(waiting), make_worker_(std::move(make_worker)) {
  MutexLock lock(mutex_);
  start_thread();
}

void Lane::put(Exchange exchange) {
  waiting_gauge_.add(1);
  {
    MutexLock lock(mutex_);
    waiting_.push_back(std::move(exchange));
    if (waiting_.size() > idle_ && threads_.size() < max_threads_) start_thread();
  }
  changed_.notify_one();
}

void Lane::start_thread() {
  try {
    threads_.emplace_back([this] { run(); });
  } catch (const std::system_error& error) {
    log_warn(std::string("no further HTTP thread can be started: ") + error.what());
  }
}

void Lane::run() {
  const Worker worker = make_worker_();
  MutexLock lock(mutex_);
  while (true) {
    ++idle_;
    while (waiting_.empty() && !stopping_) changed_.wait(lock);
    --idle_;
    if (waiting_.empty()) return;
    Exchange exchange = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    waiting_gauge_.add(-1);
    worker(std::move(exchange));
    lock.lock();
  }
}

void Lane::stop() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (auto& thread : threads) thread.join();
}

}  // namespace uie
