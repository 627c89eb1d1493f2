// A few threads that share loops of a hundred microseconds: the encoder's only parallelism.
//
// A loop is a gate: the caller opens it, whoever is awake enters and claims items from one counter, the caller works
// too, closes the gate when nothing is left and waits for those still inside. A thread that the system has not
// scheduled in time is never waited for. Threads spin briefly between loops (the next one is microseconds away), then
// sleep.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

namespace uie::model::cpu {

class ThreadPool {
 public:
  // threads >= 1 counts the caller of parallel_for. pin_to: empty, or the CPUs to bind to, one per thread; the first
  // is the caller's, which is left as it is.
  explicit ThreadPool(size_t threads, const std::vector<int>& pin_to = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t size() const { return workers_.size() + 1; }

  // Calls body(item, worker) once for every item in [0, items), worker in [0, size()): two calls with one worker never
  // overlap. Returns when all are done. body must not throw. One caller at a time, not from inside a body.
  template <class Body>
  void parallel_for(size_t items, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    run(
        items, [](void* context, size_t item, size_t worker) { (*static_cast<Plain*>(context))(item, worker); }, &body);
  }

 private:
  using Call = void (*)(void* context, size_t item, size_t worker);

  void run(size_t items, Call call, void* context);
  void work(size_t worker);
  bool enter();
  void claim_items(size_t worker);
  uint32_t wait_for_loop(uint32_t seen) const;

  // The loop that is on; written while the gate is closed and nobody is inside.
  Call call_ = nullptr;
  void* context_ = nullptr;
  size_t items_ = 0;

  alignas(64) std::atomic<size_t> next_item_ = 0;
  alignas(64) std::atomic<uint32_t> gate_ = 0;   // kOpen | threads inside (the caller not counted)
  alignas(64) std::atomic<uint32_t> loops_ = 0;  // started so far; waking signal
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace uie::model::cpu
