#include "model/cpu/thread_pool.h"

#include <pthread.h>
#include <sched.h>

namespace uie::model::cpu {
namespace {

constexpr uint32_t kOpen = 1U << 31;
// About 100 µs: longer than any gap between two loops of one batch.
constexpr int kSpins = 4000;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

// Best effort: a CPU outside the process's mask leaves the thread where the system puts it.
void pin(std::thread& thread, int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  pthread_setaffinity_np(thread.native_handle(), sizeof(set), &set);
}

}  // namespace

ThreadPool::ThreadPool(size_t threads, const std::vector<int>& pin_to) {
  for (size_t worker = 1; worker < threads; ++worker) {
    workers_.emplace_back([this, worker] { work(worker); });
    if (worker < pin_to.size()) pin(workers_.back(), pin_to[worker]);
  }
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  loops_.fetch_add(1);
  loops_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(size_t items, Call call, void* context) {
  if (workers_.empty() || items <= 1) {
    for (size_t item = 0; item < items; ++item) call(context, item, 0);
    return;
  }
  call_ = call;
  context_ = context;
  items_ = items;
  next_item_.store(0, std::memory_order_relaxed);
  gate_.store(kOpen, std::memory_order_release);
  loops_.fetch_add(1);
  loops_.notify_all();
  claim_items(0);
  gate_.fetch_and(~kOpen, std::memory_order_acq_rel);
  for (int spins = 0; gate_.load(std::memory_order_acquire) != 0; ++spins) {
    if (spins < kSpins) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
}

void ThreadPool::claim_items(size_t worker) {
  for (;;) {
    const size_t item = next_item_.fetch_add(1, std::memory_order_relaxed);
    if (item >= items_) return;
    call_(context_, item, worker);
  }
}

bool ThreadPool::enter() {
  uint32_t gate = gate_.load(std::memory_order_relaxed);
  while ((gate & kOpen) != 0) {
    if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
  }
  return false;
}

uint32_t ThreadPool::wait_for_loop(uint32_t seen) const {
  for (int spins = 0; spins < kSpins; ++spins) {
    if (const uint32_t now = loops_.load(std::memory_order_acquire); now != seen) return now;
    relax();
  }
  loops_.wait(seen);
  return loops_.load(std::memory_order_acquire);
}

void ThreadPool::work(size_t worker) {
  uint32_t seen = 0;
  for (;;) {
    seen = wait_for_loop(seen);
    if (stopping_) return;
    if (!enter()) continue;
    claim_items(worker);
    gate_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace uie::model::cpu
