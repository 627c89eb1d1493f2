#include "model/cpu/thread_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <chrono>
#include <numeric>

namespace uie::model::cpu {
namespace {

// Counters are plain ints where the pool promises exclusivity: ThreadSanitizer checks the promise.
TEST(ThreadPool, RunsEveryItemOnceAndNeverTwoOnOneWorker) {
  for (const size_t threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (size_t items = 0; items < 40; ++items) {
      std::vector<int> seen(items, 0), per_worker(threads, 0);
      pool.parallel_for(items, [&](size_t item, size_t worker) {
        ASSERT_LT(worker, threads);
        ++seen[item];
        ++per_worker[worker];
      });
      EXPECT_EQ(seen, std::vector<int>(items, 1));
      EXPECT_EQ(std::accumulate(per_worker.begin(), per_worker.end(), size_t{0}), items);
    }
  }
}

TEST(ThreadPool, WhatALoopWroteTheNextOneReads) {
  ThreadPool pool(3);
  std::vector<size_t> numbers(7, 0), copy(7, 0);
  for (size_t loop = 1; loop <= 3000; ++loop) {
    pool.parallel_for(numbers.size(), [&](size_t item, size_t) { numbers[item] += item; });
    pool.parallel_for(numbers.size(), [&](size_t item, size_t) { copy[item] = numbers[numbers.size() - 1 - item]; });
    ASSERT_EQ(copy[0], 6 * loop);
  }
}

TEST(ThreadPool, WakesAfterSleeping) {
  ThreadPool pool(2);
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::atomic<int> inside = 0;
    // Two items that wait for each other: passes only when the other thread has woken.
    pool.parallel_for(2, [&](size_t, size_t) {
      ++inside;
      while (inside < 2) std::this_thread::yield();
    });
    EXPECT_EQ(inside, 2);
  }
}

TEST(ThreadPool, ComesAndGoesWithoutWork) {
  for (int i = 0; i < 50; ++i) ThreadPool pool(4);
}

TEST(ThreadPool, BindsItsThreadsButNotTheCaller) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  int cpu = 0;
  while (!CPU_ISSET(static_cast<size_t>(cpu), &before)) ++cpu;
  ThreadPool pool(2, {cpu, cpu});
  std::vector<int> allowed(2, 0);
  std::atomic<int> inside = 0;
  pool.parallel_for(2, [&](size_t, size_t worker) {
    ++inside;
    while (inside < 2) std::this_thread::yield();
    cpu_set_t mine;
    sched_getaffinity(0, sizeof(mine), &mine);
    allowed[worker] = CPU_COUNT(&mine);
  });
  EXPECT_EQ(allowed[0], CPU_COUNT(&before));
  EXPECT_EQ(allowed[1], 1);
}

}  // namespace
}  // namespace uie::model::cpu
